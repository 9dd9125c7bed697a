package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Progress;
import dev.sluice.job.Transition;
import dev.sluice.journal.Draft;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Ends;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.Journal;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.StoredResult;
import dev.sluice.journal.TestFollowUps;
import dev.sluice.journal.core.JournalClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** A power cut takes away what was not synced, and nobody was told of any of that. */
class PowerCutTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Ending OK = new Ending(new JobResult(200, Headers.NONE), null);

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final TestFollowUps followUps = new TestFollowUps();
    private final List<JobEvent> told = new CopyOnWriteArrayList<>();
    private PowerCut power = new PowerCut();
    private Journal journal = open();

    @AfterEach
    void close() {
        journal.close();
    }

    @Test
    void noEventThatWasToldIsLostAndNoNumberIsGivenOutAgain() {
        JobId id = append(10, null);
        Job running = claim();
        journal.report(id, new Transition.Report(new Progress(40.0, "page 2"), null))
                .block(LIMIT);
        journal.stream(running, OK.result(), Flux.just(List.of(Output.text("so far", 1, 0))))
                .block(LIMIT);
        int before = toldOf(4).size();

        cutPower();
        List<JobEvent> kept = journal.history(id, 0).collectList().block(LIMIT);
        assertThat(kept).startsWith(told.subList(0, before).toArray(JobEvent[]::new));
        Job again = claim();
        assertThat(again.attempt()).isEqualTo(running.attempt() + 1);
        Ends.finish(journal, again, OK, Flux.empty()).block(LIMIT);
        assertThat(journal.history(id, 0).map(JobEvent::seq).collectList().block(LIMIT))
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
    }

    @Test
    void noOutputThatWasToldIsLost() {
        JobId id = append(10, null);
        Job running = claim();
        Flux<List<Output>> batches =
                Flux.range(0, 20).map(i -> List.of(Output.text("a", 1, 2L * i), Output.text("b", 1, 2L * i + 1)));
        journal.stream(running, OK.result(), batches).block(LIMIT);
        int before = toldOf(42).size();
        cutPower();
        List<JobEvent> kept = journal.history(id, 0).collectList().block(LIMIT);
        assertThat(kept).hasSize(before + 1).startsWith(told.subList(0, before).toArray(JobEvent[]::new));
        Job again = claim();
        ReceivedBody received = journal.stream(again, OK.result(), Flux.just(List.of(Output.text("whole", 2, 0))))
                .block(LIMIT);
        journal.finish(again, OK, received).block(LIMIT);
        cutPower();
        assertThat(journal.history(id, 0).map(JobEvent::seq).collectList().block(LIMIT))
                .hasSize(46)
                .endsWith(46L);
        assertThat(bytes(journal.result(id).flatMapMany(StoredResult::body))).isEqualTo(5);
        journal.forget(id).block(LIMIT);
        cutPower();
        assertThat(((EmbeddedJournal) journal).outputs()).isZero();
    }

    @Test
    void aBodyThatAHeadNamesIsThere() {
        JobId id = append(1_000_000, null);
        Ends.finish(journal, claim(), OK, Flux.just(new byte[700_000])).block(LIMIT);
        cutPower();
        assertThat(bytes(journal.request(id).flatMapMany(request -> request.body())))
                .isEqualTo(1_000_000);
        assertThat(bytes(journal.result(id).flatMapMany(result -> result.body())))
                .isEqualTo(700_000);
    }

    @Test
    void whatWasErasedStaysErasedAndNothingOfItIsLeft() {
        JobId id = append(1_000_000, "k");
        Ends.finish(journal, claim(), OK, Flux.just(new byte[700_000])).block(LIMIT);
        assertThat(journal.forget(id).block(LIMIT)).isTrue();
        cutPower();
        assertThat(journal.request(id).block(LIMIT)).isNull();
        assertThat(((EmbeddedJournal) journal).pieces()).isZero();
        assertThat(journal.holds(IdempotencyKey.of("r", "", "k")).block(LIMIT)).isFalse();
    }

    @Test
    void anAnswerThatEndedNothingIsRemovedAtTheStart() {
        append(10, null);
        Job running = claim();
        journal.receive(running, Flux.just(new byte[700_000])).block(LIMIT);
        append(300_000, null); // its sync takes what came before along
        cutPower();
        assertThat(((EmbeddedJournal) journal).pieces()).isEqualTo(5);
        assertThat(claim().state()).isEqualTo(JobState.RUNNING);
    }

    @Test
    void aJobThatItsBackendHasTakenOverIsParkedAndNotCalledAgain() {
        JobId id = append(10, null);
        Instant due = clock.instant().plusSeconds(60);
        journal.record(claim(), new Transition.Await(new Awaiting.Completion(Duration.ofSeconds(60)), due))
                .block(LIMIT);
        cutPower();
        assertThat(journal.claim(Map.of("r", Journal.Demand.of(1)), Duration.ofSeconds(30))
                        .block(LIMIT)
                        .jobs())
                .isEmpty();
        journal.complete(id, 1, OK.result(), Flux.just(new byte[700_000])).block(LIMIT);
        cutPower();
        Job again = resume();
        Journal.Completed answer = journal.answered(again).block(LIMIT);
        journal.finish(again, OK, answer.body()).block(LIMIT);
        assertThat(bytes(journal.result(id).flatMapMany(result -> result.body())))
                .isEqualTo(700_000);
    }

    @Test
    void aSharedValueThatWasPutIsThereAndOneThatWasRemovedIsNot() {
        journal.putShared("hold/a", new byte[] {1}).block(LIMIT);
        journal.putShared("hold/b", new byte[] {2}).block(LIMIT);
        journal.removeShared(List.of("hold/b")).block(LIMIT);
        cutPower();
        assertThat(journal.sharedValues().blockFirst(LIMIT)).containsOnly(Map.entry("hold/a", new byte[] {1}));
    }

    @Test
    void anEndIsThereWithItsFollowUpsOrNeitherIs() {
        followUps.ofJobs((before, ended) -> ended.route().equals("r")
                ? List.of(new FollowUp(
                        new Draft(ids.next(), clock.instant()).route("tell").job(), new byte[100]))
                : List.of());
        append(10, null);
        Ends.finish(journal, claim(), OK, Flux.empty()).block(LIMIT);
        cutPower();
        assertThat(jobs("tell")).hasSize(1);
        append(10, null);
        Job running = claim();
        append(10, null); // its sync takes the claim along
        Ends.finish(journal, running, OK, Flux.empty()).subscribe();
        cutPower(); // before, while or after the end is written
        long ended = jobs("r").stream().filter(job -> job.state().finished()).count();
        assertThat(jobs("tell")).hasSize((int) ended);
    }

    private List<Job> jobs(String route) {
        return journal.list(new JobFilter(route, null, null, null), 100, null)
                .block(LIMIT)
                .jobs();
    }

    private void cutPower() {
        PowerCut left = power.cut();
        journal.close();
        power = left;
        journal = open();
    }

    private Journal open() {
        Journal opened = power.open(new JournalClock(clock, clock::nanos), clock::leaseNanos, followUps);
        opened.tail(event -> true).subscribe(told::add);
        return opened;
    }

    private List<JobEvent> toldOf(int many) {
        org.awaitility.Awaitility.await()
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(told).hasSize(many));
        return told;
    }

    private JobId append(int bytes, @Nullable String key) {
        Instant now = clock.instant();
        NewJob job = new Draft(ids.next(), now).route("r").key(key).job();
        journal.append(job, Flux.just(new byte[bytes])).block(LIMIT);
        return job.id();
    }

    private Job claim() {
        return journal.claim(Map.of("r", Journal.Demand.of(1)), Duration.ofSeconds(30))
                .block(LIMIT)
                .jobs()
                .get(0);
    }

    private Job resume() {
        return journal.resume(Map.of("r", 1), Duration.ofSeconds(30))
                .block(LIMIT)
                .jobs()
                .get(0);
    }

    private static long bytes(Flux<byte[]> body) {
        return body.map(piece -> (long) piece.length).reduce(0L, Long::sum).block(LIMIT);
    }
}
