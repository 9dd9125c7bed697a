package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Job;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The unfinished jobs of each client are counted, on the node that changes them at once. */
interface ClientContract extends JournalRig {

    private long unfinished(long client) {
        return journal().backlog().unfinished(ROUTE, client);
    }

    /** A count of a shared journal that was begun before a change may be seen after it, until the next. */
    private void assertUnfinished(long expected) {
        await().atMost(LIMIT).until(() -> unfinished(5) == expected);
    }

    @Test
    default void unfinishedJobsOfAClientAreCountedUntilTheyEnd() {
        for (int i = 0; i < 4; i++) {
            accept(draft().client(5));
        }
        accept(draft().client(-6));
        accept(draft().client(5).route("another"));
        accept();
        assertUnfinished(4);
        assertThat(unfinished(-6)).isEqualTo(1);
        assertThat(unfinished(0)).isZero();
        assertThat(unfinished(7)).isZero();
        assertThat(journal().backlog().unfinished("another", 5)).isEqualTo(1);

        List<Job> running = claim(ROUTE, 3);
        assertUnfinished(4);
        get(journal()
                .record(
                        running.get(0),
                        new Transition.Requeue(
                                RequeueReason.RETRY, time().instant().plusSeconds(60), null)));
        assertUnfinished(4);
        get(Ends.finish(
                journal(),
                running.get(1),
                new Ending(new dev.sluice.job.JobResult(200, dev.sluice.job.Headers.NONE), null),
                reactor.core.publisher.Flux.empty()));
        assertUnfinished(3);
        get(journal().cancel(running.get(2).id()));
        assertUnfinished(2);
        Job overdue = accept(draft().client(5).deadlineIn(Duration.ofSeconds(1)));
        assertUnfinished(3);
        clock().advance(Duration.ofSeconds(2));
        get(journal().failOverdue());
        assertUnfinished(2);
        assertThat(overdue.spec().client()).isEqualTo(5);
    }

    @Test
    default void whatIsUnfinishedIsCountedByTheNextProcess() {
        for (int i = 0; i < 3; i++) {
            accept(draft().client(5));
        }
        Job running = claim(ROUTE, 1).get(0);
        get(journal().cancel(accept(draft().client(5)).id()));
        reopen();
        assertUnfinished(3);
        killAndReopen();
        assertUnfinished(3);
        get(journal().cancel(running.id()));
        assertUnfinished(2);
    }
}
