package dev.sluice.protection;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendRequest;
import dev.sluice.backend.Outcome;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.job.JobStatus;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Routes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/**
 * A node with one route that calls one backend, in virtual time: what the claimer, the queue and the attempts do about calls, with
 * the real protections. Deterministic but for the jitter of probes and retries.
 */
final class Simulation {

    static final Instant START = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** What a backend does with a call that begins at a time since the start. */
    interface Script {
        Reply reply(Duration at, Job job);

        /** Whether connections are accepted. */
        default boolean accepts(Duration at) {
            return true;
        }
    }

    record Reply(EndedCall.End end, int status, Duration time) {
        static Reply ok(long millis) {
            return new Reply(EndedCall.End.ANSWERED, 200, Duration.ofMillis(millis));
        }

        static Reply error(long millis) {
            return new Reply(EndedCall.End.FAILED, 500, Duration.ofMillis(millis));
        }

        static Reply timeout(long millis) {
            return new Reply(EndedCall.End.FAILED, 0, Duration.ofMillis(millis));
        }

        static Reply refused() {
            return new Reply(EndedCall.End.UNREACHABLE, 0, Duration.ofMillis(1));
        }
    }

    /** A call that was made. */
    record Call(Duration at, boolean retry, EndedCall.End end, Duration endedAt) {}

    private record Event(Instant at, long number, Runnable action) {}

    final CallPolicy policy;
    final Breakers breakers;
    final List<Call> calls = new ArrayList<>();
    final List<Duration> connections = new ArrayList<>();
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    int succeeded;
    int failed;
    int mostAtOnce;

    private final Script script;
    private final Protections protections;
    private final Random random = new Random(7);
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparing(Event::at).thenComparing(Event::number));
    private final TreeMap<Long, Job> fresh = new TreeMap<>();
    private final TreeMap<Long, Job> retried = new TreeMap<>();
    private Instant now = START;
    private Instant lookAt = Instant.MAX;
    private long number;
    private long accepted;
    private int running;
    private int delayed;

    private final Clock clock = new Clock() {
        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    };

    Simulation(Script script, String... settings) {
        this.script = script;
        this.policy = Routes.route("r", "/r/**", "http://localhost:9", settings).call();
        Changes changes = new Changes();
        breakers = new Breakers(
                backend(), new Alone(), () -> false, new BreakerMeters(registry), new RouteEvents(), changes, clock);
        protections = new Protections(List.of(breakers, new RetryBudget(breakers::isTroubled, changes)), changes);
        protections.whenChanged(() -> lookAt(now));
        lookAt(now);
    }

    private Backend backend() {
        return new Backend() {
            @Override
            public <T> Mono<Outcome<T>> call(BackendRequest request, CallPolicy called, Receiver<T> receiver) {
                throw new UnsupportedOperationException("calls are simulated");
            }

            @Override
            public Mono<Boolean> reachable(CallPolicy called) {
                return Mono.create(sink -> {
                    Duration at = elapsed();
                    connections.add(at);
                    in(Duration.ofMillis(1), () -> sink.success(script.accepts(at)));
                });
            }
        };
    }

    Duration elapsed() {
        return Duration.between(START, now);
    }

    /** How often the breaker opened. */
    int opened() {
        Counter opened =
                registry.find("sluice.breaker.transitions").tag("to", "open").counter();
        return opened == null ? 0 : (int) opened.count();
    }

    BreakerStatus status() {
        return breakers.of(policy.id());
    }

    /** Jobs that have not ended. */
    int waiting() {
        return fresh.size() + retried.size() + delayed + running;
    }

    /** Accepts jobs at a time since the start. */
    Simulation accept(Duration at, int jobs) {
        in(at.minus(elapsed()), () -> {
            for (int i = 0; i < jobs; i++) {
                long order = ++accepted;
                JobSpec spec = JobSpec.builder(now, policy.retry().attempts(), Duration.ofDays(1))
                        .build();
                fresh.put(order, new Job(new JobId(1, order), "r", order, spec, JobStatus.accepted(now)));
            }
            lookAt(now);
        });
        return this;
    }

    /** Accepts a job every so often. */
    Simulation acceptEvery(Duration pause, Duration until) {
        for (Duration at = Duration.ZERO; at.compareTo(until) < 0; at = at.plus(pause)) {
            accept(at, 1);
        }
        return this;
    }

    Simulation run(Duration until) {
        Instant end = START.plus(until);
        while (!events.isEmpty() && !events.peek().at().isAfter(end)) {
            Event event = events.remove();
            now = event.at();
            event.action().run();
        }
        now = end;
        return this;
    }

    private void in(Duration delay, Runnable action) {
        events.add(new Event(now.plus(delay), number++, action));
    }

    private void lookAt(Instant at) {
        if (at.isBefore(lookAt)) {
            lookAt = at;
            in(Duration.between(now, at), () -> {
                if (at.equals(lookAt)) {
                    lookAt = Instant.MAX;
                    look();
                }
            });
        }
    }

    private void look() {
        int most = policy.concurrency().perNode();
        Opening opening = protections.opening(policy, running, now);
        int room = Math.min(most - running, opening.room());
        if (room > 0) {
            List<Job> claimed = claim(room, opening.retries());
            protections.claimed(policy, claimed, now);
            claimed.forEach(this::call);
            mostAtOnce = Math.max(mostAtOnce, running);
        }
        Instant later = now.plus(LOOK);
        Instant next = opening.next().isAfter(now) && opening.next().isBefore(later) ? opening.next() : later;
        lookAt(next);
    }

    private List<Job> claim(int room, int retries) {
        List<Job> claimed = new ArrayList<>();
        int repeated = 0;
        while (claimed.size() < room) {
            boolean mayRetry = repeated < retries && !retried.isEmpty();
            boolean retry = mayRetry && (fresh.isEmpty() || retried.firstKey() < fresh.firstKey());
            Map.Entry<Long, Job> next = retry ? retried.pollFirstEntry() : fresh.pollFirstEntry();
            if (next == null) {
                break;
            }
            repeated += retry ? 1 : 0;
            Job job = next.getValue();
            claimed.add(with(
                    job,
                    job.status().toBuilder()
                            .state(JobState.RUNNING)
                            .attempt(job.attempt() + 1)
                            .build()));
        }
        running += claimed.size();
        return claimed;
    }

    private void call(Job job) {
        Duration at = elapsed();
        Reply reply = script.reply(at, job);
        calls.add(new Call(at, job.attempt() > 1, reply.end(), at.plus(reply.time())));
        in(reply.time(), () -> {
            running--;
            protections.ended(policy, new EndedCall(job, reply.end(), reply.time(), reply.status(), null), now);
            settle(job, reply.end());
            lookAt(now);
        });
    }

    private void settle(Job job, EndedCall.End end) {
        switch (end) {
            case ANSWERED -> succeeded++;
            case UNREACHABLE -> back(job, job.attempt() - 1, Duration.ZERO);
            default -> {
                if (job.attempt() >= job.spec().maxAttempts()) {
                    failed++;
                } else {
                    back(job, job.attempt(), policy.retry().wait(job.attempt(), random));
                }
            }
        }
    }

    private void back(Job job, int attempt, Duration wait) {
        Job queued = with(
                job,
                job.status().toBuilder().state(JobState.QUEUED).attempt(attempt).build());
        if (wait.isZero()) {
            (attempt > 0 ? retried : fresh).put(job.order(), queued);
            return;
        }
        delayed++;
        in(wait, () -> {
            delayed--;
            retried.put(job.order(), queued);
            lookAt(now);
        });
    }

    private static Job with(Job job, JobStatus status) {
        return new Job(job.id(), job.route(), job.order(), job.spec(), status);
    }

    private static final class Alone implements Findings {
        @Override
        public void share(String route, Finding finding) {}

        @Override
        public void withdraw(String route) {}

        @Override
        public void listen(Consumer<Map<String, Finding>> listener) {}
    }

    /** The calls that began within a time. */
    List<Call> calls(Duration from, Duration to) {
        return calls.stream()
                .filter(call -> call.at().compareTo(from) >= 0 && call.at().compareTo(to) < 0)
                .toList();
    }

    /** When as many calls as the route allows ran at once for the first time from then on. */
    Duration fullLoad(Duration from) {
        PriorityQueue<Duration> ends = new PriorityQueue<>();
        for (Call call : calls) {
            while (!ends.isEmpty() && ends.peek().compareTo(call.at()) <= 0) {
                ends.remove();
            }
            ends.add(call.endedAt());
            if (call.at().compareTo(from) >= 0
                    && ends.size() >= policy.concurrency().perNode()) {
                return call.at();
            }
        }
        return Duration.ofDays(1);
    }
}
