package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** What happens is told while it happens. */
interface TailContract extends JournalRig {

    /** More events than any adapter may let a subscriber lag behind. */
    int MANY = 20_000;

    /** Events that every adapter lets a subscriber lag behind. */
    int STEP = 500;

    @Test
    default void theTailTellsWhatHappensFromItsSubscriptionOn() {
        Job before = accept();
        Mono<List<JobEvent>> told = told(4, event -> true);
        Job cancelled = get(journal().cancel(before.id()));
        Job accepted = accept();
        Job done = get(succeed(claimOne(), "done"));

        assertThat(get(told))
                .containsExactly(
                        new JobEvent.Finished(cancelled),
                        accepted.accepted(),
                        history(done.id()).get(1),
                        new JobEvent.Finished(done));
    }

    @Test
    default void theTailTellsEveryMoveOfAJobInOrder() {
        Draft draft = draft().attempts(2);
        Mono<List<JobEvent>> told = told(5, event -> event.job().equals(draft.id()));
        accept(draft);
        accept(draft().route("another"));
        claimOne();
        clock().advance(LEASE.plusMillis(1));
        claimOne();
        get(journal().cancel(draft.id()));

        assertThat(get(told)).isEqualTo(history(draft.id()));
        assertThat(names(draft.id())).containsExactly("accepted", "started", "requeued", "started", "cancelled");
    }

    @Test
    default void theTailIsToldAsItIsAskedFor() {
        StepVerifier.create(journal().tail(event -> true).map(JobEvent::name), 0)
                .expectSubscription()
                .then(() -> finished(draft()))
                .thenRequest(1)
                .expectNext("accepted")
                .thenRequest(1)
                .expectNext("started")
                .then(() -> assertThat(claim(ROUTE, 1)).isEmpty())
                .thenRequest(5)
                .expectNext("succeeded")
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    default void onlyWhatIsWantedIsPassedOn() {
        StepVerifier.create(journal()
                        .tail(event -> event instanceof JobEvent.Finished)
                        .map(JobEvent::name))
                .then(() -> {
                    finished(draft());
                    get(journal().cancel(accept().id()));
                })
                .expectNext("succeeded", "cancelled")
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    default void whoDoesNotKeepUpIsToldSoAndHurtsNobodyElse() {
        Sinks.Many<Integer> told = Sinks.many().replay().latest();
        Disposable keepsUp = journal()
                .tail(event -> true)
                .scan(0, (count, event) -> count + 1)
                .subscribe(
                        count -> told.tryEmitNext(count).orThrow(),
                        error -> told.tryEmitError(error).orThrow());
        StepVerifier.create(journal().tail(event -> true), 0)
                .expectSubscription()
                .then(() -> appendInStep(told.asFlux()))
                .expectError(TailOverflowException.class)
                .verify(LIMIT);
        keepsUp.dispose();
    }

    @Test
    default void whoAsksForNothingIsNotOverflownByWhatIsNotWanted() {
        JobId wanted = newId();
        StepVerifier.create(journal().tail(event -> event.job().equals(wanted)), 0)
                .expectSubscription()
                .then(() -> get(appendMany()))
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    default void aTailEndsWithTheJournal() {
        StepVerifier.create(journal().tail(event -> true))
                .then(() -> journal().close())
                .expectComplete()
                .verify(LIMIT);
    }

    /** The first events from now on, gathered on the side. */
    private Mono<List<JobEvent>> told(int many, Predicate<JobEvent> wanted) {
        Sinks.One<List<JobEvent>> told = Sinks.one();
        journal()
                .tail(wanted)
                .take(many)
                .collectList()
                .subscribe(
                        list -> told.tryEmitValue(list).orThrow(),
                        error -> told.tryEmitError(error).orThrow());
        return told.asMono();
    }

    /** Appends many jobs, never more ahead of the reader than any subscriber may lag behind. */
    private void appendInStep(Flux<Integer> told) {
        for (int ahead = STEP; ahead <= MANY; ahead += STEP) {
            int expected = ahead;
            get(append(STEP));
            get(told.filter(count -> count >= expected).next());
        }
    }

    private Mono<Void> append(int many) {
        return Flux.range(0, many).flatMap(i -> append(draft()), 256).then();
    }

    private Mono<Void> appendMany() {
        return append(MANY);
    }
}
