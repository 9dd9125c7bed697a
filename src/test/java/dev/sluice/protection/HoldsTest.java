package dev.sluice.protection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FakeSharedValues;
import dev.sluice.journal.MutableClock;
import dev.sluice.protection.EndedCall.End;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What backends ask to be held back. */
class HoldsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final CallPolicy A =
            Routes.route("a", "/a", "http://localhost:1").call();
    private static final CallPolicy B =
            Routes.route("b", "/b", "http://localhost:1").call();

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final FakeSharedValues values = new FakeSharedValues();
    private final AtomicInteger signals = new AtomicInteger();
    private HoldsRig node = node();
    private final HoldsRig other = node();

    @AfterEach
    void close() {
        node.close();
        other.close();
    }

    private HoldsRig node() {
        Changes changes = new Changes();
        changes.listen(signals::incrementAndGet);
        return new HoldsRig(values, changes, clock);
    }

    private void restart() {
        node.close();
        node = node();
    }

    private void ended(HoldsRig at, CallPolicy policy, End end, long caller, int seconds) {
        ended(at, policy, end, caller, clock.instant().plusSeconds(seconds));
    }

    private void ended(HoldsRig at, CallPolicy policy, End end, long caller, @Nullable Instant until) {
        Job job = new Draft(ids.next(), clock.instant()).caller(caller).job().accepted(1);
        at.holds.ended(policy, new EndedCall(job, end, Duration.ZERO, 0, until), clock.instant());
    }

    private Opening opening(HoldsRig at, CallPolicy policy) {
        return at.holds.opening(policy, 0, clock.instant());
    }

    @Test
    void unavailableHoldsTheRouteAndNoOtherOnAllNodes() {
        ended(node, A, End.UNAVAILABLE, 7, 20);
        Instant end = clock.instant().plusSeconds(20);
        for (HoldsRig each : List.of(node, other)) {
            assertThat(opening(each, A)).isEqualTo(Opening.closedUntil(end));
            assertThat(opening(each, B)).isEqualTo(Opening.FREE);
            assertThat(each.holds.until("a", clock.instant())).isEqualTo(end);
            assertThat(each.holds.until("a", 5, clock.instant())).isEqualTo(end);
            assertThat(each.changes()).containsExactly("a held");
        }
        restart();
        assertThat(opening(node, A)).isEqualTo(Opening.closedUntil(end));
        clock.advance(Duration.ofSeconds(20));
        for (HoldsRig each : List.of(node, other)) {
            assertThat(opening(each, A)).isEqualTo(Opening.FREE);
            assertThat(each.holds.of("a", clock.instant())).isEmpty();
        }
    }

    @Test
    void limitedHoldsTheCallerAndNoOther() {
        ended(node, A, End.LIMITED, 7, 20);
        ended(node, A, End.LIMITED, -1, 10);
        ended(node, A, End.LIMITED, 0, 30); // those that name nobody are one caller
        for (HoldsRig each : List.of(node, other)) {
            assertThat(opening(each, A).room()).isEqualTo(Integer.MAX_VALUE);
            assertThat(opening(each, A).held()).containsExactlyInAnyOrder(7L, -1L, 0L);
            assertThat(opening(each, A).next()).isEqualTo(clock.instant().plusSeconds(10));
            assertThat(opening(each, B)).isEqualTo(Opening.FREE);
            assertThat(each.holds.of("a", clock.instant()))
                    .extracting(Hold::callerText)
                    .containsExactly("0000000000000000", "0000000000000007", "ffffffffffffffff");
            assertThat(each.holds.until("a", 7, clock.instant()))
                    .isEqualTo(clock.instant().plusSeconds(20));
            assertThat(each.holds.until("a", 8, clock.instant())).isNull();
            assertThat(each.holds.until("a", clock.instant())).isNull();
        }
        clock.advance(Duration.ofSeconds(10));
        assertThat(opening(node, A).held()).containsExactlyInAnyOrder(7L, 0L);
        clock.advance(Duration.ofSeconds(20));
        assertThat(opening(node, A)).isEqualTo(Opening.FREE);
    }

    @Test
    void nothingElseHolds() {
        ended(node, A, End.LIMITED, 7, null);
        ended(node, A, End.UNAVAILABLE, 7, 0);
        for (End end : List.of(End.ANSWERED, End.FAILED, End.UNREACHABLE, End.ABORTED)) {
            ended(node, A, end, 7, 20);
        }
        assertThat(opening(node, A)).isEqualTo(Opening.FREE);
        assertThat(values.writes()).isZero();
    }

    @Test
    void ofSeveralHoldsTheLatestEndCounts() {
        ended(node, A, End.UNAVAILABLE, 7, 20);
        ended(node, A, End.UNAVAILABLE, 7, 10);
        ended(other, A, End.UNAVAILABLE, 7, 15);
        assertThat(opening(other, A).next()).isEqualTo(clock.instant().plusSeconds(20));
        Instant begin = clock.instant();
        clock.advance(Duration.ofSeconds(5));
        ended(other, A, End.UNAVAILABLE, 7, 16);
        for (HoldsRig each : List.of(node, other)) {
            Hold hold = each.holds.of("a", clock.instant()).get(0);
            assertThat(hold.until()).isEqualTo(begin.plusSeconds(21));
            assertThat(hold.since()).isEqualTo(begin);
            assertThat(each.changes()).as("one hold").containsExactly("a held");
        }
    }

    /** Answers that come at once are one or two writes, not one each. */
    @Test
    void whatIsFoundDuringAWriteIsWrittenTogether() {
        values.hold();
        for (int i = 1; i <= 100; i++) {
            ended(node, A, End.UNAVAILABLE, 7, 20 + i);
        }
        assertThat(opening(node, A).next()).isEqualTo(clock.instant().plusSeconds(120));
        assertThat(values.writes()).isEqualTo(1);
        values.release();
        assertThat(values.writes()).isEqualTo(2);
        assertThat(opening(other, A).next()).isEqualTo(clock.instant().plusSeconds(120));
    }

    @Test
    void holdsAreLiftedOnAllNodes() {
        ended(node, A, End.UNAVAILABLE, 7, 20);
        ended(node, A, End.LIMITED, 7, 20);
        ended(other, A, End.LIMITED, 8, 20);
        ended(other, B, End.LIMITED, 8, 20);
        int before = signals.get();
        node.holds.release("a").block(LIMIT);
        for (HoldsRig each : List.of(node, other)) {
            assertThat(opening(each, A)).isEqualTo(Opening.FREE);
            assertThat(opening(each, B).held()).containsExactly(8L);
            assertThat(each.changes()).endsWith("a released").containsOnlyOnce("a released");
        }
        assertThat(signals.get()).as("both look for jobs at once").isEqualTo(before + 2);
        restart();
        assertThat(opening(node, A)).isEqualTo(Opening.FREE);
        node.holds.release("a").block(LIMIT);
        assertThat(node.changes()).doesNotContain("a released");
        ended(node, A, End.LIMITED, 7, 20);
        assertThat(opening(other, A).held()).containsExactly(7L);
    }

    @Test
    void tooManyCallersHoldTheRoute() {
        for (int i = 0; i < HeldRoute.MOST_CALLERS; i++) {
            ended(node, A, End.LIMITED, i, 20 + i % 10);
        }
        assertThat(opening(node, A).held()).hasSize(HeldRoute.MOST_CALLERS);
        ended(node, A, End.LIMITED, 5, 40); // known already
        assertThat(opening(node, A).isClosed()).isFalse();
        ended(node, A, End.LIMITED, -1, 20);
        assertThat(opening(other, A))
                .isEqualTo(Opening.closedUntil(clock.instant().plusSeconds(20)));
        assertThat(other.holds.of("a", clock.instant()).get(0).reason()).isEqualTo(Hold.Reason.TOO_MANY_CALLERS);
        clock.advance(Duration.ofSeconds(20));
        ended(node, A, End.LIMITED, -1, 20); // some have ended
        assertThat(opening(node, A).held()).contains(-1L).hasSize(HeldRoute.MOST_CALLERS - 99);
    }

    @Test
    void aHoldThatCannotBeStoredHoldsThisNodeAndIsStoredLater() {
        values.fail(true);
        ended(node, A, End.UNAVAILABLE, 7, 60);
        assertThat(opening(node, A).isClosed()).isTrue();
        assertThat(opening(other, A).isClosed()).isFalse();
        assertThat(node.registry.counter("sluice.route.holds.unwritten").count())
                .isEqualTo(1);
        values.fail(false);
        other.holds.tidy();
        node.holds.tidy();
        assertThat(opening(other, A).isClosed()).isTrue();
    }

    @Test
    void endedHoldsAreForgotten() {
        ended(node, A, End.UNAVAILABLE, 7, 20);
        ended(node, A, End.LIMITED, 7, 100);
        clock.advance(Duration.ofSeconds(81));
        other.holds.tidy();
        assertThat(values.shared()).containsOnlyKeys("hold/a/0000000000000007");
        ended(node, A, End.UNAVAILABLE, 7, 20);
        assertThat(opening(other, A).isClosed()).isTrue();
        clock.advance(Duration.ofDays(1));
        node.holds.tidy();
        assertThat(values.shared()).isEmpty();
        assertThat(node.changes()).doesNotContain("a released");
    }

    @Test
    void whatANewerVersionStoredIsLeftAlone() {
        for (String name : List.of("hold/a/x", "hold/a", "hold/a/0000000000000007/more", "pause/a")) {
            values.putShared(name, new byte[] {1}).block(LIMIT);
        }
        assertThat(opening(node, A)).isEqualTo(Opening.FREE);
        node.holds.tidy();
        assertThat(values.shared()).hasSize(4);
    }

    @Test
    void countsWhatBegins() {
        ended(node, A, End.LIMITED, 7, 20);
        ended(node, A, End.LIMITED, 7, 30);
        ended(node, A, End.LIMITED, 8, 30);
        ended(node, A, End.UNAVAILABLE, 7, 20);
        assertThat(node.registry
                        .counter("sluice.route.holds", "route", "a", "reason", "limited")
                        .count())
                .isEqualTo(2);
        assertThat(node.registry
                        .counter("sluice.route.holds", "route", "a", "reason", "unavailable")
                        .count())
                .isEqualTo(1);
        assertThat(node.events.get(0).details())
                .containsEntry("reason", "limited")
                .containsEntry("caller", "0000000000000007")
                .containsEntry("until", clock.instant().plusSeconds(20));
    }
}
