package dev.sluice.dispatch;

import dev.sluice.backend.Backend;
import dev.sluice.backend.GatewayUrl;
import dev.sluice.callbacks.Receivers;
import dev.sluice.callbacks.Signer;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobTokens;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Journal;
import dev.sluice.protection.Protections;
import dev.sluice.queue.Claimer;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.JobQueue;
import dev.sluice.queue.LeaseKeeper;
import dev.sluice.queue.QueueMeters;
import dev.sluice.queue.Recorder;
import dev.sluice.queue.Resumer;
import dev.sluice.representation.JobLinks;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import org.springframework.boot.autoconfigure.context.LifecycleProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.context.support.DefaultLifecycleProcessor;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Configures the dispatching. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DispatchProperties.class)
class DispatchConfiguration {

    /** Time for the rest of the shutdown after the dispatching has stopped waiting. */
    private static final Duration SLACK = Duration.ofMillis(500);

    @Bean(destroyMethod = "dispose")
    Scheduler dispatchScheduler() {
        return Schedulers.newParallel("sluice-dispatch", Runtime.getRuntime().availableProcessors(), true);
    }

    @Bean
    ReportUrls reportUrls(GatewayUrl gateway, JobLinks links, JobTokens tokens) {
        return new ReportUrls(gateway::text, links, tokens);
    }

    /** Its ids carry the time of the end; the gateway's own clock may be the journal's, which is opened with this. */
    @Bean
    OperationDeletes operationDeletes(CurrentRoutes routes) {
        return new OperationDeletes(routes, new JobIds(Clock.systemUTC()));
    }

    @Bean
    BodyBytes bodyBytes(WaitingBytes waiting) {
        return new BodyBytes(waiting);
    }

    @Bean
    LateDeletes lateDeletes(OperationDeletes operationDeletes, Journal journal, Recorder recorder) {
        return new LateDeletes(operationDeletes, journal, journal, recorder);
    }

    @Bean
    AttemptContext.Services attemptServices(
            JobReader journal,
            Backend backend,
            Receivers receivers,
            Signer signer,
            Recorder recorder,
            Estimator estimator,
            Protections protections,
            BodyBytes bodies,
            ReportUrls urls,
            Resumer resumer,
            LateDeletes deletes,
            Clock clock,
            Scheduler dispatchScheduler) {
        return new AttemptContext.Services(
                journal,
                new DeliveringBackend(backend, receivers, signer, clock, dispatchScheduler),
                recorder,
                estimator,
                protections,
                bodies,
                urls,
                resumer::due,
                deletes,
                clock.instant(),
                clock,
                dispatchScheduler);
    }

    @Bean
    Dispatcher dispatcher(
            CurrentRoutes routes,
            AttemptContext.Services services,
            JobQueue queue,
            LeaseKeeper keeper,
            QueueMeters queueMeters,
            MeterRegistry registry) {
        RouteLanes lanes = new RouteLanes(
                queue, route -> new AttemptContext(route.call(), new DispatchMeters(registry, route.id()), services));
        routes.follow(lanes::follow);
        return new Dispatcher(lanes, keeper, services.journal(), queueMeters, services.scheduler());
    }

    @Bean
    DispatchLifecycle dispatchLifecycle(
            Claimer claimer,
            LeaseKeeper keeper,
            Resumer resumer,
            Dispatcher dispatcher,
            DispatchProperties properties) {
        return new DispatchLifecycle(claimer, keeper, resumer, dispatcher, properties.shutdownGrace());
    }

    @Bean
    StopLimit stopLimit(ApplicationContext context, DispatchProperties properties) {
        return new StopLimit(context, properties.shutdownGrace().plus(StopLimit.AFTERWARDS));
    }

    /**
     * Replaces Spring Boot's lifecycle processor, so that its time-out per phase does not cut the grace short; other phases keep
     * the configured time-out.
     */
    @Bean(AbstractApplicationContext.LIFECYCLE_PROCESSOR_BEAN_NAME)
    static DefaultLifecycleProcessor lifecycleProcessor(DispatchProperties properties, LifecycleProperties others) {
        DefaultLifecycleProcessor processor = new DefaultLifecycleProcessor();
        processor.setTimeoutPerShutdownPhase(others.getTimeoutPerShutdownPhase().toMillis());
        processor.setTimeoutForShutdownPhase(
                DispatchLifecycle.PHASE,
                properties
                        .shutdownGrace()
                        .plus(DispatchLifecycle.AFTERWARDS)
                        .plus(SLACK)
                        .toMillis());
        return processor;
    }
}
