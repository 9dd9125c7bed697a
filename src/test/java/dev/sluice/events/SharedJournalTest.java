package dev.sluice.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Lookup;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * Other nodes record what happens, and word of it comes late, out of order, twice or never; only now and then the journal
 * compares. Whoever follows a job still gets all of it.
 */
class SharedJournalTest {

    private static final JobIds IDS = new JobIds(Clock.systemUTC());
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static EventStream stream(
            ScriptedJournal journal,
            JobEventMulticaster multicaster,
            int buffer,
            EventsMeters meters,
            Scheduler scheduler) {
        WaitingBytes waiting = new WaitingBytes(Long.MAX_VALUE, System::nanoTime, Runnable::run);
        EventsProperties properties = new EventsProperties(Duration.ofSeconds(15), buffer, Duration.ofSeconds(2));
        return new EventStream(
                journal.journal(),
                multicaster,
                new JobJson(new JobLinks("/jobs")),
                properties,
                waiting,
                meters,
                scheduler);
    }

    private static List<Long> numbers(long first, long last) {
        return LongStream.rangeClosed(first, last).boxed().toList();
    }

    @Test
    void everyReaderGetsEveryEventWhateverIsLostOnTheWay() {
        long first = new Random().nextLong();
        for (long seed = first; seed < first + 1_000; seed++) {
            try (Round round = new Round(seed)) {
                round.run();
            }
        }
    }

    /** Everything on one thread, so that a seed gives the same round again. */
    private static final class Round implements AutoCloseable {

        private final long seed;
        private final Random random;
        private final ScriptedJournal journal = new ScriptedJournal();
        private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
        private final EventsMeters meters = new EventsMeters(new SimpleMeterRegistry());
        private final JobEventMulticaster multicaster =
                new JobEventMulticaster(journal.journal(), new JobJson(new JobLinks("/jobs")), meters, time);
        private final JobWatch watch = new JobWatch(journal.journal(), multicaster, meters, time);
        private final EventStream stream;
        private final boolean anyOrder;
        private final int buffer;
        private final List<JobId> jobs = Stream.generate(IDS::next).limit(3).toList();
        private final List<Told> readers = new ArrayList<>();
        private final List<Answer> answers = new ArrayList<>();

        Round(long seed) {
            this.seed = seed;
            random = new Random(seed);
            anyOrder = random.nextBoolean();
            buffer = random.nextInt(4) == 0 ? 8 : 4_096;
            stream = stream(journal, multicaster, buffer, meters, time);
            multicaster.start();
            time.advanceTime();
            jobs.forEach(journal::accept);
        }

        void run() {
            for (int i = 0; i < 150; i++) {
                step(random.nextInt(20));
            }
            readers.forEach(reader -> reader.request(Long.MAX_VALUE));
            journal.elsewhere(true);
            jobs.forEach(journal::cancel);
            journal.dropAll();
            time.advanceTime();
            journal.compare();
            time.advanceTime();
            assertThat(readers).allSatisfy(this::hasAll);
            assertThat(answers).allSatisfy(this::isRight);
            assertThat(multicaster.followed()).as("seed %d", seed).isEmpty();
        }

        private void step(int dice) {
            JobId job = jobs.get(random.nextInt(jobs.size()));
            switch (dice) {
                case 0, 1, 2, 3, 4, 5 -> {
                    journal.elsewhere(dice > 0);
                    journal.happen(job, 1 + random.nextInt(3));
                }
                case 6, 7, 8, 9, 10 -> word();
                case 11, 12 -> lose();
                case 13 -> journal.compare();
                case 14, 15 -> readers.add(new Told(job, random.nextLong(journal.lastSeq(job) + 1)));
                case 16 -> readers.forEach(reader -> reader.request(1 + random.nextInt(5)));
                case 17 -> answers.add(new Answer(job));
                case 18 -> time.advanceTime();
                default -> {
                    if (random.nextInt(8) == 0) {
                        journal.overflow();
                    }
                }
            }
            if (random.nextBoolean()) {
                time.advanceTime();
            }
        }

        private void word() {
            if (journal.untold() > 0 && anyOrder) {
                journal.tellAny(random);
            } else if (journal.untold() > 0) {
                journal.tellNext();
            }
        }

        private void lose() {
            if (journal.untold() > 0) {
                journal.dropNext();
            }
        }

        private void hasAll(Told reader) {
            if (buffer < 100 && reader.error instanceof SlowReaderException) {
                assertThat(reader.numbers)
                        .as("seed %d: in order until it was cut", seed)
                        .isEqualTo(numbers(reader.after + 1, reader.after + reader.numbers.size()));
            } else {
                assertThat(reader.numbers)
                        .as("seed %d", seed)
                        .isEqualTo(numbers(reader.after + 1, journal.lastSeq(reader.job)));
                assertThat(reader.complete).as("seed %d", seed).isTrue();
            }
        }

        private void isRight(Answer answer) {
            Job found = answer.found;
            assertThat(found).as("seed %d", seed).isNotNull();
            assertThat(found.state().finished() || found.lastSeq() > answer.seen)
                    .as("seed %d", seed)
                    .isTrue();
        }

        @Override
        public void close() {
            stream.stop();
            multicaster.stop();
            time.dispose();
        }

        /** One reader, and what it was told. */
        private final class Told extends BaseSubscriber<SseFrame> {

            private final JobId job;
            private final long after;
            private final List<Long> numbers = new ArrayList<>();
            private boolean complete;
            private @Nullable Throwable error;

            Told(JobId job, long after) {
                this.job = job;
                this.after = after;
                stream.of(job, after, "").subscribe(this);
            }

            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(random.nextInt(10));
            }

            @Override
            protected void hookOnNext(SseFrame frame) {
                if (frame.seq() > 0) {
                    numbers.add(frame.seq());
                } else if (new String(frame.bytes(), java.nio.charset.StandardCharsets.UTF_8).contains("gap")) {
                    numbers.add(-1L);
                }
            }

            @Override
            protected void hookOnComplete() {
                complete = true;
            }

            @Override
            protected void hookOnError(Throwable failure) {
                error = failure;
            }
        }

        /** One client that waits for a change or the end. */
        private final class Answer {

            private final long seen;
            private @Nullable Job found;

            Answer(JobId job) {
                boolean end = random.nextBoolean();
                seen = end ? Long.MAX_VALUE : journal.lastSeq(job);
                Duration patience = Duration.ofMinutes(1);
                (end ? watch.finished(job, patience) : watch.changed(job, seen, patience))
                        .subscribe(answer -> found = ((Lookup.Known) answer).job());
            }
        }
    }

    @Test
    void holdsOnManyThreads() throws InterruptedException {
        long seed = new Random().nextLong();
        ScriptedJournal journal = new ScriptedJournal();
        Scheduler scheduler = Schedulers.newSingle("events-test");
        EventsMeters meters = new EventsMeters(new SimpleMeterRegistry());
        JobEventMulticaster multicaster =
                new JobEventMulticaster(journal.journal(), new JobJson(new JobLinks("/jobs")), meters, scheduler);
        EventStream stream = stream(journal, multicaster, 65_536, meters, scheduler);
        JobId job = IDS.next();
        int events = 2_000;
        AtomicBoolean done = new AtomicBoolean();
        Thread others = new Thread(() -> happen(journal, job, events, new Random(seed), done));
        try {
            multicaster.start();
            journal.accept(job);
            journal.elsewhere(true);
            Flux<List<Long>> readers = Flux.range(0, 40)
                    .flatMap(
                            i -> stream.of(job, 0, "")
                                    .filter(frame -> frame.seq() > 0)
                                    .map(frame -> frame.seq())
                                    .publishOn(Schedulers.parallel(), 1 + i)
                                    .collectList(),
                            40);
            StepVerifier.create(readers)
                    .then(others::start)
                    .recordWith(ArrayList::new)
                    .expectNextCount(40)
                    .consumeRecordedWith(
                            told -> assertThat(told).as("seed %d", seed).allMatch(numbers(1, events + 2)::equals))
                    .expectComplete()
                    .verify(LIMIT);
        } finally {
            done.set(true);
            others.join();
            multicaster.stop();
            scheduler.dispose();
        }
    }

    private static void happen(ScriptedJournal journal, JobId job, int events, Random random, AtomicBoolean done) {
        IntStream.range(0, events).forEach(i -> {
            journal.happen(job, 1);
            if (random.nextInt(4) == 0) {
                journal.dropNext();
            } else {
                journal.tellNext();
            }
        });
        journal.cancel(job);
        journal.dropNext();
        while (!done.get()) {
            journal.compare();
            Thread.yield();
        }
    }
}
