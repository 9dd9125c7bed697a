package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * Whoever subscribes is never blocked. Every verb is subscribed to on a thread that must not block, where BlockHound
 * would fail it; bodies come from such threads and are asked for on them, as on event loops.
 */
interface ThreadContract extends JournalRig {

    @Test
    default void noVerbBlocksItsSubscriber() {
        Draft draft = draft().key("k")
                .body(BodyContract.pieces(30, BodyContract.PIECE).publishOn(Schedulers.parallel()));
        JobId id = draft.id();
        assertThat(onEventLoop(() -> append(draft))).hasOnlyElementsOfType(Appended.Created.class);
        assertThat(onEventLoop(() -> journal().holds(draft.job().key()))).containsExactly(true);
        Job first = claimOnEventLoop();
        assertThat(onEventLoop(() -> journal().renew(List.of(first), LEASE))).containsExactly(List.of());
        Transition retry = new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE);
        assertThat(onEventLoop(() -> journal().record(first, retry))).hasSize(1);
        Job second = claimOnEventLoop();
        Ending ending = new Ending(new JobResult(200, Headers.NONE), null);
        Flux<byte[]> answer = BodyContract.pieces(30, BodyContract.PIECE).publishOn(Schedulers.parallel());
        assertThat(onEventLoop(() -> finish(second, ending, answer))).hasSize(1);
        assertThat(onEventLoop(() -> journal().find(id))).hasSize(1);
        assertThat(onEventLoop(() -> journal().history(id, 0))).hasSize(5);
        assertThat(onEventLoop(() -> journal().request(id).flatMapMany(StoredRequest::body)))
                .isNotEmpty();
        assertThat(onEventLoop(() -> journal().result(id).flatMapMany(StoredResult::body)))
                .isNotEmpty();
        assertThat(onEventLoop(() -> journal().forget(id))).containsExactly(true);
        assertThat(onEventLoop(() -> journal().purge(RetentionContract.TOMBSTONES)))
                .containsOnly(0L);
        JobId other = accept().id();
        assertThat(onEventLoop(() -> journal().cancel(other))).hasSize(1);
    }

    @Test
    default void theTailAndTheCountersDoNotBlockEither() {
        Sinks.One<JobEvent> told = Sinks.one();
        assertThat(onEventLoop(() -> Mono.fromRunnable(() -> journal()
                        .tail(event -> true)
                        .next()
                        .subscribe(event -> told.tryEmitValue(event).orThrow()))))
                .isEmpty();
        Job job = accept();
        assertThat(get(told.asMono())).isEqualTo(job.accepted());
        assertThat(onEventLoop(() -> Mono.fromSupplier(() -> journal().backlog().waiting()
                        + journal().backlog().of(ROUTE).depth()
                        + journal().backlog().routes().size())))
                .containsExactly(3L);
        assertThat(onEventLoop(() -> Mono.fromSupplier(() -> journal().health().up())))
                .containsExactly(true);
    }

    private Job claimOnEventLoop() {
        return onEventLoop(() -> journal().claim(Map.of(ROUTE, Journal.Demand.of(1)), LEASE))
                .get(0)
                .jobs()
                .get(0);
    }

    private <T> List<T> onEventLoop(Supplier<Publisher<T>> verb) {
        return Flux.defer(verb)
                .limitRate(4)
                .subscribeOn(Schedulers.parallel())
                .collectList()
                .block(LIMIT);
    }
}
