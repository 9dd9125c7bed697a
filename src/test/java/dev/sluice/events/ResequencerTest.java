package dev.sluice.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.events.Resequencer.Idle;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.waiting.WaitingBytes;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ResequencerTest {

    private static final JobId JOB = new JobIds(Clock.systemUTC()).next();
    private static final Instant AT = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final long LAST = 99;

    private final WaitingBytes waiting = new WaitingBytes(Long.MAX_VALUE, System::nanoTime, Runnable::run);
    private Resequencer resequencer = resequencer(0, 256);

    private Resequencer resequencer(long after, int buffer) {
        return new Resequencer(JOB, after, buffer, waiting.open(() -> {}));
    }

    private static SseFrame event(long seq) {
        return event(seq, 10);
    }

    private static SseFrame event(long seq, int bytes) {
        return new SseFrame(seq, AT, seq == LAST, new byte[bytes]);
    }

    /** What a history holds that is read to its end, or until there is no more room. */
    private boolean read(long... stored) {
        long after = resequencer.beginHistory();
        for (long seq : stored) {
            if (seq > after && !resequencer.addRecorded(event(seq))) {
                resequencer.pauseHistory();
                return false;
            }
        }
        return resequencer.endHistory();
    }

    /** Reads the history as often as needed until live events are emitted. */
    private void becomeLive(long... stored) {
        assertThat(read(stored))
                .as("what happened before live events were queued")
                .isTrue();
        assertThat(read(stored)).isFalse();
    }

    private void live(long... heard) {
        for (long seq : heard) {
            assertThat(resequencer.addLive(event(seq))).isTrue();
        }
    }

    /** What is emitted now: events by number, gaps as text. */
    private List<String> emitted() {
        List<String> all = new ArrayList<>();
        for (SseFrame frame = resequencer.poll(); frame != null; frame = resequencer.poll()) {
            String text = new String(frame.bytes(), StandardCharsets.UTF_8);
            all.add(
                    frame.seq() > 0
                            ? String.valueOf(frame.seq())
                            : text.replaceAll("(?s).*\"from\":(\\d+),\"to\":(\\d+).*", "gap $1-$2"));
        }
        return all;
    }

    @Test
    void aLiveEventThatComesNextNeedNotBeQueued() {
        becomeLive(1, 2);
        assertThat(emitted()).containsExactly("1", "2");

        assertThat(resequencer.passLive(event(3))).isTrue();
        assertThat(resequencer.passLive(event(3))).as("a repeat").isFalse();
        assertThat(resequencer.passLive(event(5))).as("one behind a gap").isFalse();
        assertThat(resequencer.knownSeq()).isEqualTo(3);
        assertThat(waiting.held()).isZero();
        live(3, 4);
        assertThat(resequencer.passLive(event(5))).as("one behind another").isFalse();
        live(5);
        assertThat(emitted()).containsExactly("4", "5");
        assertThat(resequencer.passLive(event(6))).isTrue();
        assertThat(resequencer.idle()).isEqualTo(Idle.WAIT);
    }

    @Test
    void noLiveEventIsPassedBeforeTheHistory() {
        assertThat(resequencer.passLive(event(1))).isFalse();
        assertThat(read(1, 2)).isTrue();
        assertThat(resequencer.passLive(event(3))).as("while catching up").isFalse();
        assertThat(read(1, 2)).isFalse();
        assertThat(resequencer.passLive(event(3))).as("while the history waits").isFalse();
        assertThat(emitted()).containsExactly("1", "2");
        resequencer.close();
        assertThat(resequencer.passLive(event(3))).as("when closed").isFalse();
    }

    @Test
    void emitsTheHistoryThenLiveEventsInOrder() {
        becomeLive(1, 2);
        live(3, 4);
        assertThat(emitted()).containsExactly("1", "2", "3", "4");
        assertThat(resequencer.idle()).isEqualTo(Idle.WAIT);
        live(5);
        assertThat(emitted()).containsExactly("5");
    }

    @Test
    void ignoresLiveEventsUntilTheHistoryWasRead() {
        live(1, 2, 3);
        assertThat(waiting.held()).isZero();
        becomeLive(1, 2, 3);
        assertThat(emitted()).containsExactly("1", "2", "3");
    }

    @Test
    void emitsNoRepeat() {
        assertThat(read(1, 2)).isTrue();
        live(3, 4);
        assertThat(emitted()).as("live events wait while the history is read").containsExactly("1", "2");
        assertThat(read(1, 2, 3)).isFalse();
        live(2, 4, 4, 3);
        assertThat(emitted()).containsExactly("3", "4");
        assertThat(resequencer.idle()).isEqualTo(Idle.WAIT);
        assertThat(waiting.held()).as("repeats are dropped").isZero();
    }

    @Test
    void readsTheHistoryForWhatIsMissingBeforeALiveEvent() {
        becomeLive(1);
        live(4);
        assertThat(emitted()).containsExactly("1");
        assertThat(resequencer.idle()).isEqualTo(Idle.READ_HISTORY);
        assertThat(resequencer.idle()).as("once").isEqualTo(Idle.WAIT);
        live(5);
        assertThat(emitted()).as("nothing overtakes what is missing").isEmpty();
        assertThat(read(1, 2, 3, 4)).isFalse();
        assertThat(emitted()).containsExactly("2", "3", "4", "5");
    }

    @Test
    void reportsAGapThatTheHistoryCannotRepair() {
        becomeLive(1);
        live(4);
        assertThat(emitted()).containsExactly("1");
        assertThat(resequencer.idle()).isEqualTo(Idle.READ_HISTORY);
        assertThat(read(1)).isFalse();
        assertThat(emitted()).containsExactly("gap 2-3", "4");
        live(7);
        assertThat(emitted()).isEmpty();
        assertThat(resequencer.idle()).as("each gap is worth reading once").isEqualTo(Idle.READ_HISTORY);
        assertThat(read(1, 6)).isFalse();
        assertThat(emitted()).containsExactly("gap 5-5", "6", "7");
    }

    @Test
    void reportsWhatTheHistoryNoLongerHas() {
        becomeLive(1, 6, 7);
        assertThat(emitted()).containsExactly("1", "gap 2-5", "6", "7");
        resequencer = resequencer(3, 256);
        becomeLive(1, 6, 7);
        assertThat(emitted()).containsExactly("gap 4-5", "6", "7");
    }

    @Test
    void emitsTheEndBehindAGap() {
        becomeLive(1);
        live(LAST);
        assertThat(emitted()).containsExactly("1");
        assertThat(resequencer.idle()).isEqualTo(Idle.READ_HISTORY);
        assertThat(read(1, 98, LAST)).isFalse();
        assertThat(emitted()).containsExactly("gap 2-97", "98", "99");
        assertThat(resequencer.idle()).isEqualTo(Idle.COMPLETE);
    }

    @Test
    void readsNoFurtherThanTheEnd() {
        assertThat(read(1, LAST)).isFalse();
        assertThat(emitted()).containsExactly("1", "gap 2-98", "99");
        assertThat(resequencer.idle()).isEqualTo(Idle.COMPLETE);
    }

    @Test
    void completesForAReaderThatHasSeenTheEnd() {
        resequencer = resequencer(LAST, 256);
        becomeLive(97, 98, LAST);
        assertThat(emitted()).isEmpty();
        assertThat(resequencer.idle()).isEqualTo(Idle.COMPLETE);
    }

    @Test
    void completesWhenNotEvenTheLastEventIsStored() {
        becomeLive(1, 2);
        assertThat(emitted()).containsExactly("1", "2");
        assertThat(resequencer.idle()).isEqualTo(Idle.WAIT);
        assertThat(resequencer.missed()).isTrue();
        assertThat(read()).isFalse();
        assertThat(resequencer.idle()).as("erased").isEqualTo(Idle.COMPLETE);
    }

    @Test
    void emitsWhatWasHeardOfAnErasedJob() {
        becomeLive(1, 2);
        live(4, LAST);
        assertThat(emitted()).containsExactly("1", "2");
        assertThat(resequencer.idle()).isEqualTo(Idle.READ_HISTORY);
        assertThat(read()).isFalse();
        assertThat(emitted()).containsExactly("gap 3-3", "4", "gap 5-98", "99");
    }

    @Test
    void readsTheHistoryWhenLiveEventsMayHaveBeenMissed() {
        assertThat(resequencer.missed()).as("it is read anyway").isFalse();
        assertThat(read(1)).isTrue();
        assertThat(resequencer.missed()).as("it is being read").isFalse();
        assertThat(read(1)).as("so it is read again").isTrue();
        assertThat(read(1, 2)).isFalse();
        assertThat(emitted()).containsExactly("1", "2");
        assertThat(resequencer.missed()).isTrue();
        assertThat(read(1, 2, 3)).isFalse();
        assertThat(emitted()).containsExactly("3");
    }

    @Test
    void pausesTheHistoryWhileItHasNoRoom() {
        int half = Resequencer.HISTORY_BYTES / 2;
        assertThat(resequencer.beginHistory()).isZero();
        assertThat(resequencer.addRecorded(event(1, half))).isTrue();
        assertThat(resequencer.addRecorded(event(2, half))).isFalse();
        resequencer.pauseHistory();
        assertThat(resequencer.knownSeq()).isEqualTo(JobListener.CATCHING_UP);
        assertThat(emitted()).containsExactly("1", "2");
        assertThat(resequencer.idle()).isEqualTo(Idle.READ_HISTORY);
        assertThat(resequencer.beginHistory()).isEqualTo(2);
    }

    @Test
    void countsLiveEventsThatItHasNoRoomFor() {
        becomeLive(1);
        assertThat(resequencer.addLive(event(2, Resequencer.LIVE_BYTES))).isTrue();
        live(3, 4);
        assertThat(waiting.held()).isLessThan(Resequencer.LIVE_BYTES + 100);
        assertThat(resequencer.knownSeq())
                .as("those that are counted are known")
                .isEqualTo(4);
        assertThat(emitted()).containsExactly("1", "2");
        assertThat(resequencer.idle()).isEqualTo(Idle.READ_HISTORY);
        assertThat(read(1, 2, 3, 4)).isFalse();
        assertThat(emitted()).containsExactly("3", "4");
    }

    @Test
    void refusesToLagBehindMoreThanTheBuffer() {
        resequencer = resequencer(0, 3);
        becomeLive(1);
        live(2, 3, 4);
        assertThat(resequencer.addLive(event(5))).isFalse();
        resequencer = resequencer(0, 3);
        becomeLive(1);
        assertThat(resequencer.addLive(event(2, Resequencer.LIVE_BYTES))).isTrue();
        live(3, 4);
        assertThat(resequencer.addLive(event(5)))
                .as("also of those that are only counted")
                .isFalse();
    }

    @Test
    void goesOnWithTheHistoryWhenMuchHappensMeanwhile() {
        resequencer = resequencer(0, 3);
        assertThat(read(1, 2)).isTrue();
        resequencer.beginHistory();
        live(3, 4, 5, 6, 7);
        assertThat(read(2, 3, 4)).as("and again, for what came meanwhile").isTrue();
        assertThat(read(4, 5, 6, 7)).isFalse();
        assertThat(emitted()).containsExactly("1", "2", "3", "4", "5", "6", "7");
        live(8);
        assertThat(emitted()).containsExactly("8");
    }

    @Test
    void knowsNothingWhileItReadsTheHistory() {
        assertThat(resequencer.knownSeq()).isEqualTo(JobListener.CATCHING_UP);
        becomeLive(1, 2);
        assertThat(resequencer.knownSeq()).as("what is queued is known").isEqualTo(2);
        live(7);
        assertThat(resequencer.knownSeq()).isEqualTo(7);
        assertThat(emitted()).containsExactly("1", "2");
        assertThat(resequencer.idle()).isEqualTo(Idle.READ_HISTORY);
        assertThat(resequencer.knownSeq()).isEqualTo(JobListener.CATCHING_UP);
    }

    @Test
    void releasesWhatIsQueuedWhenItIsClosed() {
        assertThat(read(1, 2)).isTrue();
        live(3);
        assertThat(waiting.held()).isPositive();
        resequencer.close();
        assertThat(waiting.held()).isZero();
        assertThat(resequencer.addRecorded(event(4))).isFalse();
        live(5);
        assertThat(emitted()).isEmpty();
        assertThat(waiting.held()).isZero();
    }

    /** Whatever is repeated, lost or out of order, as long as the history has it. */
    @Test
    void repairsAnyOrder() {
        long[] stored = LongStream.rangeClosed(1, 9).toArray();
        becomeLive(1);
        live(5, 3, 9, 2, 2, 7);
        List<String> all = new ArrayList<>(emitted());
        while (resequencer.idle() == Idle.READ_HISTORY) {
            read(stored);
            all.addAll(emitted());
        }
        assertThat(all).containsExactly("1", "2", "3", "4", "5", "6", "7", "8", "9");
    }
}
