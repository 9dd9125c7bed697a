package dev.sluice.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.Backend;
import dev.sluice.backend.GatewayUrl;
import dev.sluice.callbacks.Receivers;
import dev.sluice.job.JobId;
import dev.sluice.job.JobTokens;
import dev.sluice.journal.Journal;
import dev.sluice.journal.embedded.MemoryJournals;
import dev.sluice.protection.Protections;
import dev.sluice.queue.Admission;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.JobQueue;
import dev.sluice.queue.LeaseKeeper;
import dev.sluice.representation.GroupJson;
import dev.sluice.representation.GroupLinks;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Routes;
import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.DefaultLifecycleProcessor;
import org.springframework.core.env.StandardEnvironment;

/** The beans of the queue and the dispatching, and their keys. */
class DispatchConfigurationTest {

    private static final CurrentRoutes ROUTES =
            Routes.current(Routes.route("reports", "/reports", "http://localhost:1"));

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(LifecycleAutoConfiguration.class))
            .withBean(Clock.class, Clock::systemUTC)
            .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
            .withBean(CurrentRoutes.class, () -> ROUTES)
            .withBean(Backend.class, FakeBackend::new)
            .withBean(Journal.class, () -> MemoryJournals.open(Clock.systemUTC()))
            .withBean(WaitingBytes.class, () -> new WaitingBytes(1 << 20, System::nanoTime, Runnable::run))
            .withBean(JobLinks.class, () -> new JobLinks("/jobs"))
            .withBean(JobJson.class, () -> new JobJson(new JobLinks("/jobs")))
            .withBean(GroupJson.class, () -> new GroupJson(new GroupLinks("", "/groups")))
            .withBean(JobTokens.class, () -> new JobTokens(JobTokens.newSecret()))
            .withBean(GatewayUrl.class, () -> new GatewayUrl("http://gateway", new StandardEnvironment()))
            .withUserConfiguration(DispatchConfiguration.class, QueueScan.class);

    /** The configurations of the queue and the protections, found as the application finds them: by their packages. */
    @Configuration(proxyBeanMethods = false)
    @ComponentScan(basePackageClasses = {JobQueue.class, Protections.class, Receivers.class})
    static class QueueScan {}

    @Test
    void startsAndStopsWithoutAnyKey() {
        runner.run(context -> {
            assertThat(context).hasNotFailed().hasSingleBean(Admission.class).hasSingleBean(Estimator.class);
            assertThat(context).hasSingleBean(JobQueue.class);
            JobId id = new JobId(1, 1);
            assertThat(context.getBean(ReportUrls.class).progress(id))
                    .isEqualTo("http://gateway/jobs/" + id + "/progress?token="
                            + context.getBean(JobTokens.class).of(id));
            DispatchLifecycle lifecycle = context.getBean(DispatchLifecycle.class);
            assertThat(lifecycle.isRunning()).isTrue();
            context.close();
            assertThat(lifecycle.isRunning()).isFalse();
        });
    }

    @Test
    void stopsAfterTheIngressAndBeforeTheServer() {
        runner.run(
                context -> assertThat(context.getBean(DispatchLifecycle.class).getPhase())
                        .isLessThan(Integer.MAX_VALUE)
                        .isGreaterThan(SmartLifecycle.DEFAULT_PHASE - 1024));
    }

    @Test
    void theGraceIsNotCutShortByTheTimeOutOfThePhase() {
        runner.withPropertyValues(
                        "spring.lifecycle.timeout-per-shutdown-phase=1s", "sluice.dispatch.shutdown-grace=90s")
                .run(context -> assertThat(context.getBean(DefaultLifecycleProcessor.class))
                        .hasFieldOrPropertyWithValue("timeoutPerShutdownPhase", 1_000L)
                        .extracting("timeoutsForShutdownPhases")
                        .isEqualTo(Map.of(DispatchLifecycle.PHASE, 93_500L)));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "sluice.queue.capacity=0, sluice.queue.capacity is '0'; expected: 1 or more",
                "sluice.queue.lease=1s, sluice.queue.lease is '1000ms'; expected: between 3s and 1d",
                "sluice.queue.lease=2d, sluice.queue.lease is '172800000ms'; expected: between 3s and 1d",
                "sluice.dispatch.shutdown-grace=-1s, sluice.dispatch.shutdown-grace is '-1000ms'; expected: between 0s and 1d",
            })
    void aWrongValueStopsTheStartWithTheKeyTheValueAndWhatWasExpected(String setting, String message) {
        runner.withPropertyValues(setting)
                .run(context -> assertThat(context).getFailure().rootCause().hasMessage(message));
    }

    @ParameterizedTest
    @CsvSource({"sluice.queue.capacty=7", "sluice.dispatch.grace=1s"})
    void anUnknownKeyStopsTheStart(String setting) {
        runner.withPropertyValues(setting).run(context -> assertThat(context).hasFailed());
    }

    @Test
    void theKeysAreThese() {
        runner.withPropertyValues(
                        "sluice.queue.capacity=12", "sluice.queue.lease=45s", "sluice.dispatch.shutdown-grace=0s")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context.getBean(Admission.class)).hasFieldOrPropertyWithValue("capacity", 12L);
                    assertThat(context.getBean(LeaseKeeper.class))
                            .hasFieldOrPropertyWithValue("lease", Duration.ofSeconds(45));
                    assertThat(context.getBean(DispatchLifecycle.class))
                            .hasFieldOrPropertyWithValue("grace", Duration.ZERO);
                });
    }
}
