package dev.sluice.events;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.job.JobStatus;
import dev.sluice.job.Output;
import dev.sluice.job.Problem;
import dev.sluice.job.ResultInfo;
import dev.sluice.job.Transition;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Interest;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.TailOverflowException;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** A journal of events only: what happens is for the test to say, and whether those who listen hear of it. */
final class ScriptedJournal {

    private static final JobResult HEAD = new JobResult(200, Headers.of("Content-Type", "text/event-stream"));

    private static final int PIECE = 16 * 1024;

    static final Instant NOW = Instant.parse("2026-11-23T13:41:07.123Z");

    private final Map<JobId, List<JobEvent>> events = new ConcurrentHashMap<>();
    private final Map<JobId, Job> jobs = new ConcurrentHashMap<>();
    private Sinks.Many<JobEvent> live = sink();
    private Interest interest = Interest.in(event -> false);
    private final List<JobEvent> untold = new ArrayList<>();
    private boolean elsewhere;
    private boolean deaf;
    int histories;
    int tails;
    RuntimeException broken;
    private Scheduler readers;
    Runnable beforeHistory = () -> {};
    Runnable beforeTelling = () -> {}; // what somebody wanted when it was asked
    int finds;
    int answers;
    Runnable beforeFind = () -> {};
    Mono<Void> found = Mono.empty(); // what a lookup waits for

    private static Sinks.Many<JobEvent> sink() {
        return Sinks.many().unicast().onBackpressureBuffer();
    }

    Journal journal() {
        return (Journal) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Journal.class}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "history" -> history((JobId) arguments[0], (long) arguments[1]);
                        case "tail" -> tail((Interest) arguments[0]);
                        case "find" -> find((JobId) arguments[0]);
                        case "answer" -> answer((JobId) arguments[0]);
                        default -> throw new UnsupportedOperationException(method.getName());
                    };
                });
    }

    private Flux<JobEvent> history(JobId id, long after) {
        Flux<JobEvent> read = Flux.defer(() -> {
            histories++;
            beforeHistory.run();
            if (broken != null) {
                return Flux.error(broken);
            }
            synchronized (this) {
                return Flux.fromIterable(List.copyOf(events.getOrDefault(id, List.of())))
                        .filter(event -> event.seq() > after);
            }
        });
        return readers == null ? read : read.subscribeOn(readers);
    }

    /** Reads histories on these threads, else on that of whoever asks. */
    void readOn(Scheduler threads) {
        readers = threads;
    }

    private Mono<Lookup> find(JobId id) {
        return found.then(Mono.<Lookup>fromCallable(() -> {
                    beforeFind.run();
                    Job job = jobs.get(id);
                    return job == null ? null : new Lookup.Known(job, 0);
                }))
                .doOnSubscribe(begun -> finds++);
    }

    private Mono<Answer> answer(JobId id) {
        return Mono.fromCallable(() -> {
            answers++;
            synchronized (this) {
                Job job = jobs.get(id);
                byte[] body = bytes(id, job.attempt());
                boolean begun = events.get(id).stream()
                        .anyMatch(event -> event instanceof JobEvent.Emitted emitted
                                && emitted.output().attempt() == job.attempt());
                return begun || job.result() != null
                        ? new Answer(
                                HEAD,
                                job.attempt(),
                                body.length,
                                job.result() != null,
                                from -> pieces(Arrays.copyOfRange(body, (int) from, body.length)))
                        : null;
            }
        });
    }

    private static Flux<byte[]> pieces(byte[] bytes) {
        return Flux.range(0, (bytes.length + PIECE - 1) / PIECE)
                .map(i -> Arrays.copyOfRange(bytes, i * PIECE, Math.min(bytes.length, (i + 1) * PIECE)));
    }

    private byte[] bytes(JobId id, int attempt) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (JobEvent event : events.get(id)) {
            if (event instanceof JobEvent.Emitted emitted && emitted.output().attempt() == attempt) {
                body.writeBytes(emitted.output().bytes());
            }
        }
        return body.toByteArray();
    }

    /** Keeps nothing of a job, and tells nobody. */
    synchronized void erase(JobId id) {
        events.remove(id);
        jobs.remove(id);
    }

    /** Keeps no event up to this number but the first. */
    synchronized void cut(JobId id, long last) {
        events.get(id).removeIf(event -> event.seq() > 1 && event.seq() <= last);
    }

    private synchronized Flux<JobEvent> tail(Interest who) {
        tails++;
        live = sink();
        interest = who;
        return live.asFlux();
    }

    /** A new job with its first event. */
    synchronized void accept(JobId id) {
        Job job = new Job(
                id,
                "reports",
                1,
                JobSpec.builder(NOW, Integer.MAX_VALUE, Duration.ofHours(1)).build(),
                JobStatus.accepted(NOW));
        jobs.put(id, job);
        record(job.accepted());
    }

    synchronized void start(JobId id) {
        move(id, new Transition.Start());
    }

    synchronized void requeue(JobId id, String detail) {
        move(
                id,
                new Transition.Requeue(
                        dev.sluice.job.RequeueReason.RETRY, NOW, new Failure(Problem.BACKEND_STATUS, detail)));
    }

    /** As many events as asked for, in turn started and requeued. */
    synchronized void happen(JobId id, int times) {
        for (int i = 0; i < times; i++) {
            if (jobs.get(id).state() == JobState.QUEUED) {
                start(id);
            } else {
                requeue(id, "again");
            }
        }
    }

    synchronized void emit(JobId id, String text) {
        List<JobEvent> before = events.get(id);
        JobEvent last = before.get(before.size() - 1);
        int attempt = jobs.get(id).attempt();
        long offset =
                last instanceof JobEvent.Emitted emitted ? emitted.output().end() : bytes(id, attempt).length;
        move(id, new Transition.Emit(Output.text(text, attempt, offset)));
    }

    synchronized void succeed(JobId id) {
        int size = bytes(id, jobs.get(id).attempt()).length;
        move(id, new Transition.Succeed(new ResultInfo(200, "text/event-stream", size)));
    }

    synchronized void cancel(JobId id) {
        move(id, new Transition.Cancel());
    }

    /** From now on nobody who listens hears of what happens. */
    synchronized void deafen() {
        deaf = true;
    }

    /** Those who listen are told that they have missed something. */
    synchronized void overflow() {
        deaf = false;
        live.tryEmitError(new TailOverflowException()).orThrow();
    }

    synchronized void breakTail(RuntimeException error) {
        deaf = false;
        live.tryEmitError(error).orThrow();
    }

    /** Whether what is recorded from now on is recorded by another node, whose word may come late or never. */
    synchronized void elsewhere(boolean other) {
        elsewhere = other;
    }

    synchronized int untold() {
        return untold.size();
    }

    /** Tells what another node recorded: the oldest of what is untold. */
    synchronized void tellNext() {
        hint(untold.remove(0));
    }

    /** Tells any of it, regardless of the order. */
    synchronized void tellAny(Random random) {
        hint(untold.remove(random.nextInt(untold.size())));
    }

    /** Nobody will be told the oldest of what is untold, because the other node died. */
    synchronized void dropNext() {
        untold.remove(0);
    }

    synchronized void dropAll() {
        untold.clear();
    }

    /** Compares what is known of the jobs that are followed with what happened, and tells the rest. */
    synchronized void compare() {
        interest.followed()
                .forEach((id, known) -> List.copyOf(events.getOrDefault(id, List.of())).stream()
                        .filter(event -> event.seq() > known)
                        .forEach(this::hint));
    }

    synchronized long lastSeq(JobId id) {
        return jobs.get(id).lastSeq();
    }

    private void hint(JobEvent event) {
        if (interest.follows(event.job())) {
            tell(event);
        }
    }

    private void move(JobId id, Transition move) {
        Job.Step step = jobs.get(id).apply(move, NOW);
        jobs.put(id, step.job());
        record(step.event());
    }

    private void record(JobEvent event) {
        events.computeIfAbsent(event.job(), id -> new ArrayList<>()).add(event);
        if (elsewhere) {
            untold.add(event);
        } else {
            tell(event);
        }
    }

    private void tell(JobEvent event) {
        if (!deaf && interest.wants(event)) {
            beforeTelling.run();
            live.tryEmitNext(event).orThrow();
        }
    }
}
