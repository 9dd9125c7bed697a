package dev.sluice.dispatch;

import static dev.sluice.dispatch.FakeBackend.answer;
import static dev.sluice.queue.QueueRig.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What becomes of waiting and running jobs when routes are added, changed and removed. */
class RouteChangesTest {

    private static final Route OTHER = Routes.route("other", "/other", "http://localhost:1");

    private final DispatchRig rig = new DispatchRig(Duration.ofSeconds(20), route(2), OTHER);
    private final Queue<Sinks.One<FakeBackend.Reply>> open = new ConcurrentLinkedQueue<>();

    RouteChangesTest() {
        rig.backend.on("r", request -> {
            Sinks.One<FakeBackend.Reply> reply = Sinks.one();
            open.add(reply);
            return reply.asMono();
        });
        rig.start();
    }

    private static Route route(int concurrency, String... settings) {
        return Routes.route("r", "/r", "http://localhost:1", with("concurrency=" + concurrency, settings));
    }

    private static String[] with(String first, String... more) {
        String[] all = new String[more.length + 1];
        all[0] = first;
        System.arraycopy(more, 0, all, 1, more.length);
        return all;
    }

    private void apply(Route... routes) {
        rig.queue.routes.replace(Routes.table(routes));
    }

    private void accept(int jobs) {
        for (int i = 0; i < jobs; i++) {
            rig.queue.accepted("r");
        }
    }

    private int active() {
        return rig.backend.calls("r").active.get();
    }

    private void answerOne() {
        open.remove().emitValue(answer(200), Sinks.EmitFailureHandler.FAIL_FAST);
    }

    private void settled(int active) {
        until(() -> active() == active);
        rig.queue.lookTwice();
        assertThat(active()).isEqualTo(active);
    }

    @AfterEach
    void close() {
        rig.backend.on("r", request -> Mono.just(answer(200)));
        until(() -> {
            while (!open.isEmpty()) {
                answerOne();
            }
            return active() == 0;
        });
        rig.close();
    }

    @Test
    void aHigherConcurrencyTakesEffectAtOnce() {
        accept(9);
        settled(2);
        apply(route(5), OTHER);
        settled(5);
        answerOne();
        until(() -> open.size() == 5);
        settled(5);
    }

    @Test
    void aLowerConcurrencyLeavesRunningAttemptsAloneAndStartsNoneUntilThereIsRoom() {
        apply(route(5), OTHER);
        accept(9);
        settled(5);
        apply(route(2), OTHER);
        settled(5);
        answerOne();
        settled(4);
        answerOne();
        answerOne();
        settled(2);
        assertThat(rig.backend.calls("r").all).hasSize(5);
        answerOne();
        until(() -> rig.backend.calls("r").all.size() == 6);
        settled(2);
        assertThat(rig.backend.calls("r").cancelled).hasValue(0);
    }

    @Test
    void aLowerConcurrencyHoldsAlsoWhenNothingRuns() {
        apply(route(5), OTHER);
        apply(route(1), OTHER);
        accept(3);
        settled(1);
        answerOne();
        until(() -> rig.backend.calls("r").all.size() == 2);
        settled(1);
        apply(route(3), OTHER);
        settled(2);
    }

    @Test
    void theNextAttemptFollowsTheRouteAsItIsThen() {
        accept(3);
        settled(2);
        apply(Routes.route("r", "/r", "http://localhost:2", "concurrency=2"), OTHER);
        answerOne();
        until(() -> rig.backend.calls("r").all.size() == 3);
        assertThat(rig.backend.calls("r").policies)
                .extracting(CallPolicy::target)
                .extracting(target -> target.uri())
                .containsExactly(
                        URI.create("http://localhost:1"),
                        URI.create("http://localhost:1"),
                        URI.create("http://localhost:2"));
    }

    @Test
    void jobsOfARemovedRouteFailAndItsRunningAttemptsEnd() {
        JobId running = rig.queue.accepted("r");
        accept(1);
        settled(2);
        JobId waiting = rig.queue.accepted("r");
        apply(OTHER);
        rig.queue.advance(Duration.ofSeconds(2));
        assertThat(rig.queue.awaitState(waiting, JobState.FAILED).failure().problem())
                .isEqualTo(Problem.ROUTE_GONE);
        assertThat(rig.queue
                        .registry
                        .find("sluice.queue.depth")
                        .tag("route", "r")
                        .meter())
                .isNull();
        answerOne();
        answerOne(); // which of both was called first is not said
        rig.queue.awaitState(running, JobState.SUCCEEDED);
    }

    @Test
    void aRouteThatComesBackWhileItsAttemptsRunKeepsItsLimit() {
        accept(2);
        settled(2);
        apply(OTHER);
        apply(OTHER, route(3));
        accept(4);
        settled(3);
        answerOne();
        until(() -> rig.backend.calls("r").all.size() == 4);
        settled(3);
    }

    @Test
    void aRouteThatComesBackLongAfterwardsStartsJobsAgain() {
        apply(OTHER);
        apply(Routes.route("other", "/other", "http://localhost:1", "concurrency=7")); // its lane has ended now
        apply(OTHER, route(2));
        accept(3);
        settled(2);
        assertThat(rig.count("sluice.pipeline.restarts", "pipeline", "dispatch-r"))
                .isZero();
        assertThat(rig.queue
                        .registry
                        .find("sluice.queue.depth")
                        .tag("route", "r")
                        .meter())
                .isNotNull();
    }

    @Test
    void anAddedRouteStartsJobs() {
        rig.backend.on("new", request -> Mono.just(answer(200)));
        apply(OTHER, Routes.route("new", "/new", "http://localhost:1"));
        rig.queue.awaitState(rig.queue.accepted("new"), JobState.SUCCEEDED);
    }

    @Test
    void stoppingWaitsForTheAttemptsOfARouteThatIsGone() {
        JobId job = rig.queue.accepted("r");
        settled(1);
        apply(OTHER);
        CountDownLatch stopped = rig.stop();
        rig.queue.advance(Duration.ofSeconds(1));
        assertThat(stopped.getCount()).isEqualTo(1);
        answerOne();
        assertThat(DispatchRig.await(stopped)).isTrue();
        assertThat(rig.queue.find(job).state()).isEqualTo(JobState.SUCCEEDED);
    }

    @Test
    void aThousandChangesUnderLoadLoseNoJobAndNeverExceedTheHighestLimit() {
        rig.backend.on("r", request -> Mono.just(answer(200)));
        List<JobId> jobs = new ArrayList<>();
        List<Route> all =
                IntStream.rangeClosed(1, 7).mapToObj(limit -> route(limit)).toList();
        for (int i = 0; i < 1_000; i++) {
            apply(all.get(i % 7), OTHER);
            jobs.add(rig.queue.accepted("r"));
        }
        jobs.forEach(job -> rig.queue.awaitState(job, JobState.SUCCEEDED));
        assertThat(rig.backend.calls("r").mostActive.get()).isLessThanOrEqualTo(7);
        assertThat(rig.backend.calls("r").all).hasSize(1_000);
    }
}
