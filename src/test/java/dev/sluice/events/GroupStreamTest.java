package dev.sluice.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.representation.GroupJson;
import dev.sluice.representation.GroupLinks;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class GroupStreamTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Pattern ID = Pattern.compile("\nid: (\\d+)\n\n");

    private final ScriptedGroups groups = new ScriptedGroups();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final EventsMeters meters = new EventsMeters(registry);
    private WaitingBytes waiting = new WaitingBytes(Long.MAX_VALUE, System::nanoTime, Runnable::run);
    private final Scheduler scheduler = Schedulers.newSingle("group-events-test");
    private GroupStream stream;
    private GroupWatch watch;

    @BeforeEach
    void begin() {
        begin(Duration.ofSeconds(15));
    }

    private void begin(Duration heartbeat) {
        begin(heartbeat, scheduler);
    }

    private void begin(Duration heartbeat, Scheduler scheduler) {
        if (stream != null) {
            stream.stop();
        }
        GroupFrames frames =
                new GroupFrames(new JobJson(new JobLinks("/jobs")), new GroupJson(new GroupLinks("", "/groups")));
        EventsProperties properties = new EventsProperties(heartbeat, 256, Duration.ofSeconds(2));
        stream = new GroupStream(groups.groups(), frames, properties, waiting, meters, scheduler);
        stream.start();
        watch = new GroupWatch(groups.groups(), stream, meters, scheduler);
    }

    @AfterEach
    void end() {
        stream.stop();
        scheduler.dispose();
        assertThat(registry.get("sluice.events.readers").gauge().value()).isZero();
        assertThat(stream.channels()).isZero();
        assertThat(waiting.held()).isZero();
    }

    private static String text(SseFrame frame) {
        return new String(frame.bytes(), StandardCharsets.UTF_8);
    }

    private static List<Long> ids(String text) {
        List<Long> ids = new ArrayList<>();
        Matcher id = ID.matcher(text);
        while (id.find()) {
            ids.add(Long.parseLong(id.group(1)));
        }
        return ids;
    }

    private static Flux<Long> numbers(Flux<SseFrame> frames) {
        return frames.concatMapIterable(frame -> ids(text(frame)));
    }

    private Flux<Long> numbersAfter(long after) {
        return numbers(stream.after(groups.group(), after, ""));
    }

    /** Compared as a whole: to look for each of so many numbers among all of them takes long. */
    private static void assertTold(Reader reader, long first, long last) {
        assertThat(reader.ids).isEqualTo(List.of(upTo(first, last)));
    }

    private static Long[] upTo(long first, long last) {
        return LongStream.rangeClosed(first, last).boxed().toArray(Long[]::new);
    }

    /** Takes frames only when it is told to. */
    private static final class Reader extends BaseSubscriber<SseFrame> {

        final List<Long> ids = Collections.synchronizedList(new ArrayList<>());
        final CountDownLatch done = new CountDownLatch(1);
        private final boolean greedy;

        Reader(boolean greedy) {
            this.greedy = greedy;
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            if (greedy) {
                requestUnbounded();
            }
        }

        @Override
        protected void hookOnNext(SseFrame frame) {
            ids.addAll(ids(text(frame)));
        }

        @Override
        protected void hookOnComplete() {
            done.countDown();
        }

        void awaitEnd() throws InterruptedException {
            assertThat(done.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void beginsWithASummaryThenTellsWhatHappens() {
        groups.happen(5);
        Group now = groups.group();
        StepVerifier.create(stream.fromNow(now, "").map(GroupStreamTest::text))
                .assertNext(opening -> assertThat(opening).startsWith(":\nretry: "))
                .assertNext(summary -> assertThat(summary)
                        .startsWith("event: group\ndata: {\"group\":{\"id\":\"" + groups.id + "\",\"state\":\"open\"")
                        .endsWith("}\nid: 6\n\n"))
                .then(() -> groups.happen(1))
                .expectNext("event: started\ndata: {\"job\":\"" + groups.job
                        + "\",\"seq\":107,\"at\":\"2026-11-23T13:41:07.123Z\",\"attempt\":1}\nid: 7\n\n")
                .then(groups::finish)
                .thenConsumeWhile(closed -> !closed.contains("finished"))
                .assertNext(end -> assertThat(end)
                        .contains("event: group\ndata: {\"change\":\"finished\",\"at\":\"2026-11-23T13:41:07.123Z\","
                                + "\"group\":{")
                        .endsWith("\nid: 9\n\n"))
                .expectComplete()
                .verify(LIMIT);
        assertThat(groups.read.get()).as("nothing of the past is read").isEqualTo(3);
    }

    @Test
    void aFinishedGroupIsToldAndEnds() {
        groups.finish();
        StepVerifier.create(stream.fromNow(groups.group(), "/p").map(GroupStreamTest::text))
                .expectNextCount(1)
                .assertNext(end -> assertThat(end)
                        .startsWith("event: group\ndata: {\"change\":\"finished\"")
                        .contains("\"self\":\"/p/groups/")
                        .endsWith("\nid: 3\n\n"))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void tellsHistoryThenLiveFromWhereverAReaderWas() {
        groups.happen(1000);
        StepVerifier.create(numbersAfter(0))
                .expectNext(upTo(1, 1001))
                .then(() -> groups.happen(500))
                .expectNext(upTo(1002, 1501))
                .then(groups::finish)
                .expectNext(1502L, 1503L)
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(numbersAfter(1500))
                .expectNext(1501L, 1502L, 1503L)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void leavesOutWhatIsNoLongerKept() {
        groups.happen(3);
        groups.lose(3);
        StepVerifier.create(numbersAfter(1))
                .expectNext(2L, 4L)
                .then(() -> groups.lose(4))
                .then(groups::finish)
                .expectNext(5L, 6L)
                .expectComplete()
                .verify(LIMIT);
        groups.lose(6);
        groups.lose(5);
    }

    @Test
    void oneReadServesAllReaders() throws InterruptedException {
        List<Reader> readers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Reader reader = new Reader(true);
            stream.after(groups.group(), 1, "").subscribe(reader);
            readers.add(reader);
        }
        for (int i = 0; i < 50; i++) {
            groups.happen(20);
        }
        groups.finish();
        for (Reader reader : readers) {
            reader.awaitEnd();
            assertTold(reader, 2, 1003);
        }
        assertThat(groups.tails.get()).isEqualTo(1);
        assertThat(groups.read.get()).isEqualTo(1002);
    }

    @Test
    void whatHappensInQuickSuccessionIsReadAndToldTogether() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        begin(Duration.ofSeconds(15), time);
        Reader reader = new Reader(true);
        stream.after(groups.group(), 1, "").subscribe(reader);
        groups.happen(1);
        time.advanceTime();
        assertTold(reader, 2, 2);
        for (int i = 0; i < 10; i++) {
            groups.happen(1);
            time.advanceTimeBy(Duration.ofMillis(1));
        }
        assertTold(reader, 2, 2);
        time.advanceTimeBy(Duration.ofMillis(10));
        assertTold(reader, 2, 12);
        assertThat(groups.histories.get()).isEqualTo(2);
        time.advanceTimeBy(Duration.ofSeconds(1));
        groups.happen(1);
        time.advanceTime();
        assertTold(reader, 2, 13);
        reader.cancel();
    }

    @Test
    void aReaderThatTakesNothingSlowsNobodyAndGoesOnLater() throws InterruptedException {
        Reader slow = new Reader(false);
        Reader quick = new Reader(true);
        stream.after(groups.group(), 1, "").subscribe(slow);
        stream.after(groups.group(), 1, "").subscribe(quick);
        long last = 0;
        for (int i = 0; i < 40; i++) {
            groups.happen(500);
            last = groups.group().lastSeq();
        }
        groups.finish();
        quick.awaitEnd();
        assertTold(quick, 2, last + 2);
        assertThat(slow.ids).isEmpty();
        assertThat(waiting.held()).as("what is kept for it").isLessThanOrEqualTo(GroupChannel.MOST_BEHIND);
        slow.request(Long.MAX_VALUE);
        slow.awaitEnd();
        assertTold(slow, 2, last + 2);
    }

    /** Else all others would fall behind, and each read the journal for itself. */
    @Test
    void aQuickReaderDoesNotRunAwayFromTheOthers() throws InterruptedException {
        Scheduler others =
                Schedulers.newBoundedElastic(1, Integer.MAX_VALUE, "slower-readers"); // whose thread may wait
        try {
            List<Reader> readers = new ArrayList<>();
            Reader quick = new Reader(true);
            stream.after(groups.group(), 1, "").subscribe(quick);
            readers.add(quick);
            for (int i = 0; i < 9; i++) {
                Reader slower = new Reader(true);
                stream.after(groups.group(), 1, "").publishOn(others, 1).subscribe(slower);
                readers.add(slower);
            }
            // As if those on that thread had a narrower line.
            CountDownLatch gate = new CountDownLatch(1);
            others.schedule(() -> {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            groups.happen(20_000);
            Awaitility.await().atMost(LIMIT).until(() -> !quick.ids.isEmpty());
            gate.countDown();
            groups.finish();
            for (Reader reader : readers) {
                reader.awaitEnd();
                assertTold(reader, 2, 20_003);
            }
            assertThat(groups.read.get()).as("each event is read once").isEqualTo(20_002);
        } finally {
            others.dispose();
        }
    }

    @Test
    void keepsNothingForThoseWhoTakeNothingWhenMemoryIsShort() throws InterruptedException {
        waiting = new WaitingBytes(64 * 1024, System::nanoTime, Runnable::run);
        begin();
        Reader slow = new Reader(false);
        Reader quick = new Reader(true);
        stream.after(groups.group(), 1, "").subscribe(slow);
        stream.after(groups.group(), 1, "").subscribe(quick);
        for (int i = 0; i < 20; i++) {
            groups.happen(500);
        }
        groups.finish();
        quick.awaitEnd();
        Awaitility.await().atMost(LIMIT).until(() -> waiting.held() <= 64 * 1024);
        slow.request(Long.MAX_VALUE);
        slow.awaitEnd();
        assertTold(slow, 2, 10_003);
    }

    @Test
    void readersComeAndGoUnderLoad() throws InterruptedException {
        List<Reader> readers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            groups.happen(37);
            Reader reader = new Reader(true);
            stream.after(groups.group(), i % 2 == 0 ? 0 : groups.group().lastSeq() / 2, "")
                    .subscribe(reader);
            readers.add(reader);
            if (i % 5 == 0) {
                readers.remove(0).cancel();
            }
        }
        groups.finish();
        long last = groups.group().lastSeq();
        for (Reader reader : readers) {
            reader.awaitEnd();
            long first = reader.ids.get(0);
            assertTold(reader, first, last);
        }
    }

    @Test
    void goesOnWhenTheJournalIsBack() {
        StepVerifier.create(numbersAfter(1))
                .then(() -> groups.happen(1))
                .expectNext(2L)
                .then(() -> groups.broken = new JournalUnavailableException("away", null))
                .then(() -> groups.happen(1))
                .then(() -> Awaitility.await()
                        .atMost(LIMIT)
                        .until(() -> registry.get("sluice.pipeline.restarts")
                                        .tag("pipeline", "group-events")
                                        .counter()
                                        .count()
                                > 0))
                .then(() -> groups.broken = null)
                .expectNext(3L)
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void aHistoryThatCannotBeReadEndsTheStreamWithoutAnError() {
        groups.happen(1);
        groups.broken = new JournalUnavailableException("away", null);
        StepVerifier.create(stream.after(groups.group(), 0, "").map(GroupStreamTest::text))
                .thenConsumeWhile(frame -> frame.startsWith(":\nretry: 2") || frame.startsWith(":\nretry: 3000"))
                .expectNextMatches(frame -> frame.startsWith(":\nretry: 1"))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void endsWhenTheGroupIsErased() {
        StepVerifier.create(numbersAfter(1))
                .then(groups::erase)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void tellsReadersToComeBackWhenTheNodeStops() {
        StepVerifier.create(stream.after(groups.group(), 1, "").map(GroupStreamTest::text))
                .expectNextCount(1)
                .then(stream::disconnectAll)
                .expectNextMatches(frame -> frame.startsWith(":\nretry: 1"))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void beatsInSilence() {
        begin(Duration.ofMillis(40));
        StepVerifier.create(stream.after(groups.group(), 1, "").map(GroupStreamTest::text))
                .expectNextCount(1)
                .expectNext(":\n", ":\n")
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void waitsForTheEndOrAChange() {
        StepVerifier.create(watch.finished(groups.id, LIMIT))
                .then(() -> groups.happen(3))
                .then(groups::finish)
                .assertNext(
                        found -> assertThat(((GroupLookup.Known) found).group().finishedAt())
                                .isNotNull())
                .expectComplete()
                .verify(LIMIT);
        assertThat(watch.watched()).isZero();
        StepVerifier.create(watch.changed(groups.id, 2, LIMIT))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void whoWaitsDoesNotHearOfAShortAbsenceOfTheJournal() {
        groups.away.set(2);
        StepVerifier.create(watch.finished(groups.id, LIMIT))
                .then(groups::finish)
                .assertNext(
                        found -> assertThat(((GroupLookup.Known) found).group().finishedAt())
                                .isNotNull())
                .expectComplete()
                .verify(LIMIT);
        assertThat(groups.away.get()).isZero();
        assertThat(watch.watched()).isZero();
    }

    @Test
    void manyWhoWaitCostOneLookUpForEachChange() {
        int waiters = 500;
        CountDownLatch done = new CountDownLatch(waiters);
        for (int i = 0; i < waiters; i++) {
            watch.changed(groups.id, 1, LIMIT).subscribe(found -> done.countDown());
        }
        assertThat(registry.get("sluice.events.waiting").gauge().value()).isEqualTo(waiters);
        groups.happen(1);
        Awaitility.await().atMost(LIMIT).until(() -> done.getCount() == 0);
        assertThat(groups.finds.get()).isLessThanOrEqualTo(4);
        assertThat(watch.watched()).isZero();
    }

    @Test
    void whoWaitsInVainIsToldNothingOlderThanWhatItHas() {
        Disposable other = watch.finished(groups.id, LIMIT).subscribe();
        Awaitility.await().atMost(LIMIT).until(() -> groups.finds.get() > 0);
        groups.happenUnnoticed();
        long seen = groups.group().lastSeq();
        StepVerifier.create(watch.changed(groups.id, seen, Duration.ofMillis(1)))
                .assertNext(
                        found -> assertThat(((GroupLookup.Known) found).group().lastSeq())
                                .isEqualTo(seen))
                .expectComplete()
                .verify(LIMIT);
        other.dispose();
    }

    @Test
    void whoWaitsIsAnsweredInTimeAndWhenTheNodeStopsOrTheGroupIsErased() {
        StepVerifier.create(watch.finished(groups.id, Duration.ofMillis(1)))
                .assertNext(
                        found -> assertThat(((GroupLookup.Known) found).group().finishedAt())
                                .isNull())
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(watch.finished(groups.id, LIMIT))
                .then(groups::erase)
                .assertNext(found -> assertThat(found).isInstanceOf(GroupLookup.Expired.class))
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(watch.finished(groups.id, LIMIT))
                .then(stream::disconnectAll)
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
    }
}
