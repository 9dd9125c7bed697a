package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Groups;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.MemberPage;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class GroupEstimatesTest {

    private final TestClock clock = new TestClock();
    private final AtomicInteger reads = new AtomicInteger();
    private volatile Sinks.One<MemberPage> page = Sinks.one();
    private final GroupEstimates estimates = new GroupEstimates(groups(), null, null, clock);
    private final Group group = new Group(
            new GroupId(new JobIds(Clock.systemUTC()).next()),
            new Group.Spec(clock.instant(), null, 0, Duration.ofHours(1), null),
            2,
            clock.instant(),
            null,
            null,
            new Group.Counts(1, 0, 0, 0, 0));

    private Groups groups() {
        return (Groups) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Groups.class},
                (proxy, method, arguments) -> Mono.defer(() -> {
                    reads.incrementAndGet();
                    return page.asMono();
                }));
    }

    @Test
    void oneEstimateServesAllWhoAskWhileItIsMade() {
        AtomicInteger told = new AtomicInteger();
        for (int i = 0; i < 1_000; i++) {
            estimates.finishAt(group).doOnTerminate(told::incrementAndGet).subscribe();
        }
        assertThat(told).hasValue(0);
        page.tryEmitValue(new MemberPage(List.of(), 0));
        assertThat(told).hasValue(1_000);
        assertThat(reads).hasValue(1);
        estimates.finishAt(group).block();
        assertThat(reads).hasValue(1);
        clock.advance(Duration.ofSeconds(1));
        estimates.finishAt(group).block();
        assertThat(reads).hasValue(2);
    }

    @Test
    void aFailureIsNotKept() {
        page.tryEmitError(new JournalUnavailableException("away", null));
        StepVerifier.create(estimates.finishAt(group)).verifyError(JournalUnavailableException.class);
        page = Sinks.one();
        page.tryEmitValue(new MemberPage(List.of(), 0));
        StepVerifier.create(estimates.finishAt(group)).expectComplete().verify(Duration.ofSeconds(20));
    }
}
