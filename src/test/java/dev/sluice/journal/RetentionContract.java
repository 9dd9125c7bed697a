package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Finished jobs are kept for their time and then erased, wholly. */
interface RetentionContract extends JournalRig {

    Duration TOMBSTONES = Duration.ofDays(7);

    @Test
    default void aFinishedJobIsErasedWhenItExpires() {
        Job done = finished(draft().keep(Duration.ofHours(1)));
        Instant expiry = done.finishedAt().plus(Duration.ofHours(1));

        clock().advance(Duration.ofHours(1).minusMillis(1));
        assertThat(purge()).isZero();
        assertThat(find(done.id())).isEqualTo(done);

        clock().advance(Duration.ofMillis(1));
        assertThat(clock().instant()).isEqualTo(expiry);
        assertThat(purge()).isEqualTo(1);
        assertErased(done.id());
        assertThat(purge()).isZero();
    }

    @Test
    default void unfinishedJobsAreNeverErased() {
        Job running = accept();
        claimOne();
        Job queued = accept();
        Job delayed = accept(draft().dueIn(Duration.ofDays(900)));
        clock().advance(Duration.ofDays(800));
        assertThat(purge()).isZero();
        for (Job job : List.of(running, queued, delayed)) {
            assertThat(find(job.id()).state().finished()).isFalse();
            assertThat(get(journal().request(job.id()))).isNotNull();
            numbersHaveNoGap(job.id());
        }
    }

    @Test
    default void jobsThatFailedOrWereCancelledAreErasedToo() {
        Job cancelled = get(journal().cancel(accept().id()));
        accept();
        Job failed = get(journal().record(claimOne(), new dev.sluice.job.Transition.Fail(FAILURE, null)));
        clock().advance(Duration.ofHours(1));
        assertThat(purge()).isEqualTo(2);
        assertErased(cancelled.id());
        assertErased(failed.id());
    }

    @Test
    default void aJobIsKeptAsLongAsItsKeyIsPromisedToHold() {
        Job done = finished(draft().key("k").keep(Duration.ofMinutes(1)));
        IdempotencyKey key = IdempotencyKey.of(ROUTE, "", "k");
        clock().advance(Duration.ofHours(24).minusMillis(1));
        assertThat(purge()).isZero();
        assertThat(get(append(draft().key("k")))).isEqualTo(new Appended.Replayed(done, 0));

        clock().advance(Duration.ofMillis(1));
        assertThat(purge()).isEqualTo(1);
        assertErased(done.id());
        assertThat(get(journal().holds(key))).isFalse();
        Job second = accept(draft().key("k").body("another"));
        assertThat(second.id()).isNotEqualTo(done.id());
    }

    @Test
    default void aKeyWhoseJobIsKeptLongerHoldsAsLong() {
        Job done = finished(draft().key("k").keep(Duration.ofHours(48)));
        clock().advance(Duration.ofHours(30));
        assertThat(purge()).isZero();
        assertThat(get(append(draft().key("k")))).isEqualTo(new Appended.Replayed(done, 0));
    }

    @Test
    default void anExpiredKeyIsFreeAlsoBeforeItsJobIsErased() {
        IdempotencyKey key = IdempotencyKey.of(ROUTE, "", "k");
        Job old = finished(draft().key("k"));
        clock().advance(Duration.ofHours(24));
        assertThat(get(journal().holds(key))).isFalse();
        Job young = accept(draft().key("k").body("another"));
        assertThat(young.id()).isNotEqualTo(old.id());

        assertThat(purge()).isEqualTo(1);
        assertErased(old.id());
        assertThat(get(journal().holds(key))).isTrue();
        assertThat(get(append(draft().key("k").body("another")))).isEqualTo(new Appended.Replayed(young, 1));
        assertThat(get(append(draft().key("k")))).isEqualTo(new Appended.KeyReused());
    }

    @Test
    default void forgettingAnExpiredJobLeavesItsKeyToTheNewOne() {
        Job old = finished(draft().key("k"));
        clock().advance(Duration.ofHours(24));
        Job young = accept(draft().key("k"));
        assertThat(get(journal().forget(old.id()))).isTrue();
        assertThat(get(append(draft().key("k")))).isEqualTo(new Appended.Replayed(young, 1));
    }

    @Test
    default void tombstonesGoInTheirTime() {
        Job done = finished(draft());
        clock().advance(Duration.ofHours(1));
        purge();
        clock().advance(TOMBSTONES.minusMillis(1));
        purge();
        assertErased(done.id());
        clock().advance(Duration.ofMillis(2));
        assertThat(purge()).as("a tombstone is not a job").isZero();
        assertThat(get(journal().find(done.id()))).isNull();
        assertThat(get(journal().cancel(done.id()))).isNull();
    }

    @Test
    default void manyAreErasedAndTheRestIsLeft() {
        List<Job> ending = Flux.range(0, 1_000)
                .flatMap(i -> append(draft()), 256)
                .map(appended -> ((Appended.Created) appended).job())
                .flatMap(job -> journal().cancel(job.id()), 256)
                .collectList()
                .block(LIMIT);
        Job longer =
                get(journal().cancel(accept(draft().keep(Duration.ofHours(2))).id()));
        Job waiting = accept();
        clock().advance(Duration.ofHours(1));

        assertThat(purge()).isEqualTo(1_000);
        List<Lookup> found = Flux.fromIterable(ending)
                .flatMap(job -> journal().find(job.id()))
                .collectList()
                .block(LIMIT);
        assertThat(found).hasSize(1_000).containsOnly(new Lookup.Expired());
        assertThat(find(longer.id())).isEqualTo(longer);
        assertThat(find(waiting.id())).isEqualTo(waiting);
        assertThat(claimOne().id()).isEqualTo(waiting.id());
    }

    @Test
    default void aFinishedJobIsForgottenOnDemand() {
        Job done = finished(draft().key("k"));
        assertThat(get(journal().forget(done.id()))).isTrue();
        assertErased(done.id());
        assertThat(get(journal().forget(done.id()))).isFalse();
        assertThat(get(journal().holds(IdempotencyKey.of(ROUTE, "", "k")))).isFalse();
        assertThat(accept(draft().key("k")).id()).isNotEqualTo(done.id());

        clock().advance(Duration.ofHours(48));
        assertThat(purge()).as("what was forgotten is not erased again").isZero();
        clock().advance(TOMBSTONES);
        purge();
        assertThat(get(journal().find(done.id()))).isNull();
    }

    @Test
    default void anUnfinishedJobIsNotForgotten() {
        Job queued = accept();
        assertFails(() -> get(journal().forget(queued.id())), IllegalTransitionException.class);
        Job running = claimOne();
        assertFails(() -> get(journal().forget(queued.id())), IllegalTransitionException.class);
        assertThat(find(queued.id())).isEqualTo(running);
        assertThat(get(succeed(running, "done")).id()).isEqualTo(queued.id());
    }

    @Test
    default void aJobIsErasedByOneOfManyAtOnce() {
        Job done = finished(draft());
        clock().advance(Duration.ofHours(1));
        List<Long> erased = race(
                8,
                i -> i % 2 == 0
                        ? journal().forget(done.id()).map(one -> one ? 1L : 0L)
                        : Mono.defer(() -> journal().purge(TOMBSTONES).reduce(0L, Long::sum)));
        assertThat(erased.stream().mapToLong(Long::longValue).sum()).isEqualTo(1);
        assertErased(done.id());
    }

    @Test
    default void whatWasErasedStaysErasedAcrossAReopen() {
        Job forgotten = finished(draft().key("k"));
        get(journal().forget(forgotten.id()));
        Job expired = finished(draft());
        Job kept = finished(draft().keep(Duration.ofHours(3)));
        clock().advance(Duration.ofHours(1));
        assertThat(purge()).isEqualTo(1);

        reopen();
        assertErased(forgotten.id());
        assertErased(expired.id());
        assertThat(find(kept.id())).isEqualTo(kept);
        assertThat(get(journal().holds(IdempotencyKey.of(ROUTE, "", "k")))).isFalse();
        clock().advance(Duration.ofHours(2));
        assertThat(purge()).isEqualTo(1);
        assertErased(kept.id());
        clock().advance(TOMBSTONES.plusMillis(1));
        purge();
        assertThat(get(journal().find(forgotten.id()))).isNull();
        assertThat(get(journal().find(expired.id()))).isNull();
        assertThat(get(journal().find(kept.id()))).isNull();
    }

    private void assertErased(JobId id) {
        assertThat(get(journal().find(id))).isEqualTo(new Lookup.Expired());
        assertThat(get(journal().request(id))).isNull();
        assertThat(get(journal().result(id))).isNull();
        assertThat(history(id)).isEmpty();
        assertThat(get(journal().cancel(id))).isNull();
    }
}
