package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Appending under an idempotency key. */
interface IdempotencyContract extends JournalRig {

    @Test
    default void theSameRequestGetsTheFirstJobAsItStands() {
        Job first = accept(draft().key("k"));
        Draft again = draft().key("k");
        assertThat(get(append(again))).isEqualTo(new Appended.Replayed(first, 1));

        Job running = claimOne();
        assertThat(get(append(draft().key("k")))).isEqualTo(new Appended.Replayed(running, 0));
        Job done = get(succeed(running, "done"));
        assertThat(get(append(draft().key("k")))).isEqualTo(new Appended.Replayed(done, 0));

        assertThat(get(journal().find(again.id()))).isNull();
        assertThat(get(journal().request(again.id()))).isNull();
        assertThat(backlog().waiting()).isZero();
    }

    @Test
    default void anotherRequestUnderTheKeyIsRefused() {
        Job first = accept(draft().key("k"));
        for (Draft other : List.of(
                draft().key("k").body("another"),
                draft().key("k").method("PUT"),
                draft().key("k").target("/reports?year=2025"),
                draft().key("k").headers("Content-Type", "text/plain"))) {
            assertThat(get(append(other))).isEqualTo(new Appended.KeyReused());
            assertThat(get(journal().find(other.id()))).isNull();
        }
        assertThat(find(first.id())).isEqualTo(first);
        assertThat(JournalRig.text(get(journal().request(first.id())).body())).isEqualTo("{\"report\":\"q3\"}");
        assertThat(backlog().waiting()).isEqualTo(1);
    }

    @Test
    default void theSameBodyInOtherPiecesIsTheSameRequest() {
        Job first = accept(draft().key("k").body("one body"));
        Flux<byte[]> pieces = Flux.just("on", "", "e bo", "dy").map(piece -> piece.getBytes(StandardCharsets.UTF_8));
        assertThat(get(append(draft().key("k").body(pieces)))).isEqualTo(new Appended.Replayed(first, 1));
    }

    @Test
    default void keysOfAnotherRouteOrCallerAreOtherKeys() {
        IdempotencyKey key = IdempotencyKey.of(ROUTE, "", "k");
        assertThat(get(journal().holds(key))).isFalse();
        accept(draft().key("k"));
        assertThat(get(journal().holds(key))).isTrue();
        assertThat(get(journal().holds(IdempotencyKey.of(ROUTE, "somebody", "k"))))
                .isFalse();
        accept(draft().route("another").key("k"));
        assertThat(backlog().waiting()).isEqualTo(2);
    }

    @Test
    default void aKeyIsPromisedToHoldForADay() {
        Job job = accept(draft().key("k").keep(Duration.ofMinutes(1)));
        assertThat(job.spec().keepUntil()).isEqualTo(job.spec().acceptedAt().plus(Duration.ofHours(24)));
    }

    @Test
    default void ofManyEqualAppendsAtOnceOneCreatesTheJob() {
        for (int round = 0; round < 10; round++) {
            String key = "k" + round;
            List<Appended> appended = race(40, i -> append(draft().key(key)));

            Set<JobId> ids = new HashSet<>();
            int created = 0;
            for (Appended one : appended) {
                if (one instanceof Appended.Created first) {
                    created++;
                    ids.add(first.job().id());
                } else {
                    ids.add(((Appended.Replayed) one).job().id());
                }
            }
            assertThat(created).isEqualTo(1);
            assertThat(ids).hasSize(1);
            assertThat(backlog().waiting()).isEqualTo(round + 1);
        }
    }

    @Test
    default void ofDifferentRequestsUnderOneKeyAtOnceOneCreatesTheJob() {
        List<Appended> appended = race(40, i -> append(draft().key("k").body("body " + i)));
        assertThat(appended).filteredOn(Appended.Created.class::isInstance).hasSize(1);
        assertThat(appended).filteredOn(Appended.KeyReused.class::isInstance).hasSize(39);
        assertThat(backlog().waiting()).isEqualTo(1);
    }

    @Test
    default void whoseBodyEndsFirstWins() {
        Sinks.Many<byte[]> slow = Sinks.many().unicast().onBackpressureBuffer();
        Draft slowDraft = draft().key("k").body(slow.asFlux());
        Mono<Appended> slowAppend = append(slowDraft).cache();
        slowAppend.subscribe();
        slow.tryEmitNext("one ".getBytes(StandardCharsets.UTF_8)).orThrow();

        Job winner = accept(draft().key("k").body("one body"));

        slow.tryEmitNext("body".getBytes(StandardCharsets.UTF_8)).orThrow();
        slow.tryEmitComplete().orThrow();
        assertThat(get(slowAppend)).isEqualTo(new Appended.Replayed(winner, 1));
        assertThat(get(journal().find(slowDraft.id()))).isNull();
    }

    @Test
    default void aKeyHoldsAcrossAReopen() {
        Job first = accept(draft().key("k"));
        reopen();
        assertThat(get(journal().holds(IdempotencyKey.of(ROUTE, "", "k")))).isTrue();
        assertThat(get(append(draft().key("k")))).isEqualTo(new Appended.Replayed(first, 1));
        assertThat(get(append(draft().key("k").body("another")))).isEqualTo(new Appended.KeyReused());
        assertThat(find(first.id()).state()).isEqualTo(JobState.QUEUED);
        assertThat(backlog().waiting()).isEqualTo(1);
    }
}
