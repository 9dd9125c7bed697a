package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobIds;
import dev.sluice.journal.embedded.MemoryJournals;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Proxy;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

class GroupTendingTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final MutableClock clock = new MutableClock();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

    @Test
    void aGroupThatNobodyJoinsIsClosed() {
        try (Journal journal = MemoryJournals.open(clock)) {
            GroupTending tending = new GroupTending(journal, Duration.ofHours(1), time, meters);
            tending.start();
            GroupId id = new GroupId(new JobIds(clock).next());
            journal.createGroup(new NewGroup(id, new Group.Spec(clock.instant(), null, 0, Duration.ofHours(1), null)))
                    .block(LIMIT);
            time.advanceTimeBy(Duration.ofMinutes(10));
            assertThat(stateOf(journal, id)).isEqualTo(Group.State.OPEN);
            clock.advance(Duration.ofHours(1));
            time.advanceTimeBy(Duration.ofMinutes(2));
            Awaitility.await()
                    .atMost(LIMIT)
                    .untilAsserted(() -> assertThat(stateOf(journal, id)).isEqualTo(Group.State.FINISHED));
            tending.stop();
        }
    }

    @Test
    void whatFailsIsTriedAgainInTime() {
        int[] runs = {0};
        Groups failing = (Groups) Proxy.newProxyInstance(
                Groups.class.getClassLoader(), new Class<?>[] {Groups.class}, (self, method, arguments) -> {
                    runs[0]++;
                    return Mono.error(new JournalUnavailableException("cannot write", null));
                });
        GroupTending tending = new GroupTending(failing, Duration.ofSeconds(3), time, meters);
        tending.start();
        time.advanceTimeBy(Duration.ofMillis(2_500));
        assertThat(runs[0]).isEqualTo(3);
        assertThat(meters.counter("sluice.journal.groups.failures").count()).isEqualTo(3);
        tending.stop();
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(runs[0]).isEqualTo(3);
    }

    private static Group.State stateOf(Journal journal, GroupId id) {
        return ((GroupLookup.Known) journal.findGroup(id).block(LIMIT)).group().state();
    }
}
