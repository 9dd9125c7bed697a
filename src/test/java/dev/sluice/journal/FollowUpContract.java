package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import dev.sluice.journal.FollowUps.FollowUp;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** An end and the jobs that it causes are one step: there are both or neither, and each end causes them once. */
interface FollowUpContract extends JournalRig {

    String TELL = "tell";

    /** Each end of a job of the route of tests causes one job, whose target names how the job ended. */
    default void everyEndIsTold() {
        followUps().ofJobs((before, ended) -> ended.route().equals(ROUTE) ? List.of(told(before, ended)) : List.of());
    }

    private FollowUp told(Job before, Job ended) {
        Draft draft = draft().route(TELL)
                .target("/" + ended.id() + "/" + before.state() + "/" + ended.state())
                .headers("X-Of", ended.id().toString(), "Cookie", "secret");
        return new FollowUp(draft.job(), ("of " + ended.id()).getBytes(StandardCharsets.UTF_8));
    }

    /** That exactly these have been told, each once. */
    private void assertTold(Job... ended) {
        List<Job> jobs = claim(TELL, 100);
        assertThat(jobs).hasSameSizeAs(ended);
        for (Job of : ended) {
            Job delivery = jobs.stream()
                    .filter(job -> target(job).startsWith("/" + of.id() + "/"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("nothing tells of " + of));
            assertThat(target(delivery)).endsWith("/" + of.state());
            StoredRequest request = get(journal().request(delivery.id()));
            assertThat(request.head().headers())
                    .isEqualTo(Headers.of("X-Of", of.id().toString(), "Cookie", "secret"));
            assertThat(JournalRig.text(request.body())).isEqualTo("of " + of.id());
            assertThat(names(delivery.id())).containsExactly("accepted", "started");
            get(succeed(delivery, "heard"));
        }
    }

    private String target(Job job) {
        return get(journal().request(job.id())).head().target();
    }

    @Test
    default void eachKindOfEndCausesItsFollowUps() {
        everyEndIsTold();
        accept();
        assertTold(get(succeed(claimOne(), "done")));

        accept();
        assertTold(get(finish(
                claimOne(), new Ending(new JobResult(500, Headers.NONE), FAILURE), Flux.just(new byte[100_000]))));

        accept();
        assertTold(get(journal().record(claimOne(), new Transition.Fail(FAILURE, null))));

        assertTold(get(journal().cancel(accept().id())));

        accept();
        assertTold(get(journal().cancel(claimOne().id())));
    }

    @Test
    default void whatEndsByTheTimeThatPassesCausesThem() {
        everyEndIsTold();
        JobId late = accept(draft().deadlineIn(Duration.ofSeconds(1))).id();
        claimOne();
        JobId waiting = accept(draft().deadlineIn(Duration.ofSeconds(1))).id();
        clock().advance(Duration.ofSeconds(2));
        get(journal().failOverdue());
        assertTold(find(late), find(waiting));
    }

    @Test
    default void whatIsGivenUpCausesThem() {
        everyEndIsTold();
        JobId id = accept().id();
        Instant now = clock().instant();
        get(journal()
                .record(
                        claimOne(),
                        new Transition.Requeue(
                                RequeueReason.UNREACHABLE, now.plusSeconds(60), FAILURE, false, now.plusSeconds(5))));
        clock().advance(Duration.ofSeconds(6));
        get(journal().failOverdue());
        assertThat(find(id).state()).isEqualTo(JobState.FAILED);
        assertTold(find(id));
    }

    @Test
    default void anAttemptThatIsLostForGoodCausesThem() {
        everyEndIsTold();
        JobId id = accept(draft().attempts(1)).id();
        claimOne();
        clock().advance(LEASE.plusMillis(1));
        assertThat(claim(ROUTE, 1)).isEmpty();
        assertTold(find(id));
    }

    @Test
    default void anAttemptThatIsLostForGoodWithItsNodeCausesThem() {
        everyEndIsTold();
        JobId id = accept(draft().attempts(1)).id();
        claimOne();
        killAndReopen();
        assertThat(find(id).state()).isEqualTo(JobState.FAILED);
        assertTold(find(id));
        assertThat(claim(TELL, 9)).isEmpty();
    }

    @Test
    default void whatEndsNothingCausesNothing() {
        everyEndIsTold();
        JobId id = accept().id();
        Job running = claimOne();
        get(journal().record(running, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        assertStale(succeed(running, "late"));
        Job ended = get(succeed(claimOne(), "done"));
        assertFails(() -> get(journal().cancel(id)), IllegalTransitionException.class);
        assertTold(ended);
        assertThat(get(journal().forget(id))).isTrue();
        assertThat(claim(TELL, 9)).isEmpty();
    }

    @Test
    default void whatIsCancelledToBeForgottenCausesNothing() {
        everyEndIsTold();
        JobId queued = accept().id();
        assertThat(get(journal().cancelToForget(queued)).state()).isEqualTo(JobState.CANCELLED);
        JobId running = accept().id();
        Job claimed = claimOne();
        assertThat(get(journal().cancelToForget(running)).state()).isEqualTo(JobState.CANCELLED);
        assertStale(succeed(claimed, "late"));
        assertThat(get(journal().forget(queued))).isTrue();
        assertThat(get(journal().forget(running))).isTrue();
        assertThat(claim(TELL, 9)).isEmpty();
        assertFails(() -> get(journal().cancelToForget(finished(draft()).id())), IllegalTransitionException.class);
    }

    @Test
    default void whatIsCancelledToBeForgottenCausesWhatDoesNotTellOfIt() {
        everyEndIsTold();
        followUps().ofForgotten((before, ended) -> List.of(told(before, ended)));
        JobId queued = accept().id();
        get(journal().cancelToForget(queued));
        JobId running = accept().id();
        claimOne();
        get(journal().cancelToForget(running));
        assertThat(claim(TELL, 9)).hasSize(2);
    }

    @Test
    default void followUpsAreJobsLikeOthers() {
        Job ended = accept();
        followUps()
                .ofJobs((before, after) -> after.id().equals(ended.id())
                        ? List.of(
                                new FollowUp(draft().route(TELL).job(), new byte[0]),
                                new FollowUp(
                                        draft().route(TELL)
                                                .dueIn(Duration.ofMinutes(1))
                                                .job(),
                                        new byte[30_000]))
                        : List.of());
        Sinks.Many<JobEvent> heard = Sinks.many().replay().all();
        Disposable tail = journal()
                .tail(event -> event.route().equals(TELL))
                .subscribe(event -> heard.emitNext(event, Sinks.EmitFailureHandler.FAIL_FAST));
        get(succeed(claimOne(), "done"));
        assertThat(get(heard.asFlux().take(2).map(JobEvent::name).collectList()))
                .containsExactly("accepted", "accepted");
        tail.dispose();
        assertThat(backlog().of(TELL).depth()).isEqualTo(2);
        assertThat(get(journal().list(new JobFilter(TELL, null, null, null), 9, null))
                        .jobs())
                .hasSize(2);
        Journal.Claimed due = claimed(Map.of(TELL, 9));
        assertThat(due.jobs()).hasSize(1);
        assertThat(due.nextDueAt()).isAfter(clock().instant());
    }

    @Test
    default void theySurviveAsTheEndDoes() {
        everyEndIsTold();
        Job ended = finished(draft());
        killAndReopen();
        assertThat(find(ended.id()).state()).isEqualTo(JobState.SUCCEEDED);
        assertTold(find(ended.id()));
    }

    /** Many ends at once, of which some are beaten by others. */
    @Test
    default void oneOfSeveralEndsOfAJobCausesThem() {
        everyEndIsTold();
        acceptAll(20, i -> draft());
        List<Job> running = claim(ROUTE, 20);
        race(60, i -> {
            Job job = running.get(i / 3);
            return (i % 3 == 0 ? succeed(job, "done") : journal().cancel(job.id())).onErrorComplete();
        });
        assertTold(findAll(running.stream().map(Job::id).toList()).toArray(Job[]::new));
        assertThat(claim(TELL, 9)).isEmpty();
    }
}
