package dev.sluice.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.FakeSharedValues;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.MutableClock;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What operators hold back. */
class PausesTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final CallPolicy A =
            Routes.route("a", "/a", "http://localhost:1").call();
    private static final CallPolicy B =
            Routes.route("b", "/b", "http://localhost:1").call();

    private final MutableClock clock = new MutableClock();
    private final FakeSharedValues values = new FakeSharedValues();
    private final AtomicInteger signals = new AtomicInteger();
    private final HoldsRig node = node();
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

    private Opening opening(HoldsRig at, CallPolicy policy) {
        return at.pauses.opening(policy, 3, clock.instant());
    }

    @Test
    void aPausedRouteStartsNothingOnAnyNodeUntilItIsResumed() {
        Instant at = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        node.pauses.pause("a", "new disks\nuntil noon é").block(LIMIT);
        try (HoldsRig restarted = node()) {
            for (HoldsRig each : List.of(node, other, restarted)) {
                assertThat(opening(each, A)).isEqualTo(Opening.closedUntil(Instant.MAX));
                assertThat(opening(each, B)).isEqualTo(Opening.FREE);
                assertThat(each.pauses.of("a")).isEqualTo(new Pause(at, "new disks\nuntil noon é"));
                assertThat(each.pauses.of("b")).isNull();
            }
        }
        assertThat(signals).as("each node looks what it may still start").hasValue(3);
        other.pauses.resume("a").block(LIMIT);
        for (HoldsRig each : List.of(node, other)) {
            assertThat(opening(each, A)).isEqualTo(Opening.FREE);
            assertThat(each.changes()).containsExactly("a paused", "a resumed");
            assertThat(each.events.get(0).details()).containsEntry("note", "new disks\nuntil noon é");
        }
        assertThat(signals).as("both look for jobs at once").hasValue(5);
        node.pauses.resume("a").block(LIMIT);
        assertThat(node.events).hasSize(2);
    }

    @Test
    void aRouteThatIsPausedAgainHasBeenPausedSinceTheFirstTime() {
        node.pauses.pause("a", null).block(LIMIT);
        Pause first = node.pauses.of("a");
        assertThat(first.note()).isNull();
        clock.advance(Duration.ofHours(1));
        other.pauses.pause("a", "still").block(LIMIT);
        assertThat(node.pauses.of("a")).isEqualTo(new Pause(first.at(), "still"));
    }

    @Test
    void aPauseThatCannotBeStoredIsNone() {
        values.fail(true);
        assertThatThrownBy(() -> node.pauses.pause("a", null).block(LIMIT))
                .isInstanceOf(JournalUnavailableException.class);
        assertThat(opening(node, A)).isEqualTo(Opening.FREE);
        values.fail(false);
        node.pauses.pause("a", null).block(LIMIT);
        values.fail(true);
        assertThatThrownBy(() -> node.pauses.resume("a").block(LIMIT)).isInstanceOf(JournalUnavailableException.class);
        assertThat(opening(node, A).isClosed()).isTrue();
    }

    @Test
    void whatANewerVersionSaysOfAPauseIsAPause() {
        values.putShared("pause/a", new byte[] {'x'}).block(LIMIT);
        assertThat(opening(node, A).isClosed()).isTrue();
    }
}
