package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Transition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Closing. */
interface ShutdownContract extends JournalRig {

    @Test
    default void everyVerbFailsAfterClose() {
        accept();
        Job running = claimOne();
        Journal journal = journal();
        ReceivedBody received = get(journal.receive(running, Flux.empty()));
        journal.close();

        JobId id = running.id();
        Ending ending = new Ending(new JobResult(200, Headers.NONE), null);
        List<Publisher<?>> verbs = List.of(
                append(draft()),
                journal.holds(IdempotencyKey.of(ROUTE, "", "k")),
                journal.claim(Map.of(ROUTE, Journal.Demand.of(1)), LEASE),
                journal.renew(List.of(running), LEASE),
                journal.record(running, new Transition.Fail(FAILURE, null)),
                journal.receive(running, Flux.empty()),
                journal.finish(running, ending, received),
                journal.cancel(id),
                journal.find(id),
                journal.request(id),
                journal.result(id),
                journal.history(id, 0),
                journal.tail(event -> true),
                journal.purge(RetentionContract.TOMBSTONES),
                journal.forget(id));
        for (int i = 0; i < verbs.size(); i++) {
            StepVerifier.create(verbs.get(i))
                    .as("verb " + i)
                    .expectError(IllegalStateException.class)
                    .verify(LIMIT);
        }
    }

    @Test
    default void closingTwiceIsClosing() {
        journal().close();
        journal().close();
        assertFails(() -> accept(), IllegalStateException.class);
    }

    @Test
    default void closingFailsWhatIsStillComingIn() {
        Mono<Appended> endless = append(draft().body(Flux.concat(Flux.just(new byte[1_000]), Flux.never())))
                .cache();
        endless.subscribe(appended -> {}, error -> {});
        journal().close();
        StepVerifier.create(endless).expectError(IllegalStateException.class).verify(LIMIT);
    }

    @Test
    default void whatIsTakenOnWhileClosingIsEitherKeptOrRefused() throws InterruptedException {
        List<Draft> drafts = new ArrayList<>();
        for (int i = 0; i < 4_000; i++) {
            drafts.add(draft());
        }
        CountDownLatch some = new CountDownLatch(500);
        Mono<Set<JobId>> accepted = Flux.fromIterable(drafts)
                .flatMap(draft -> append(draft).onErrorComplete(IllegalStateException.class), 64)
                .map(appended -> ((Appended.Created) appended).job().id())
                .doOnNext(id -> some.countDown())
                .collect(Collectors.toSet())
                .cache();
        accepted.subscribeOn(RACERS).subscribe();
        assertThat(some.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        journal().close();
        Set<JobId> kept = get(accepted);

        reopen();
        List<JobId> all = drafts.stream().map(Draft::id).toList();
        List<Boolean> found = ofEach(all, id -> journal().find(id).hasElement());
        assertThat(found).isEqualTo(all.stream().map(kept::contains).toList());
    }
}
