package dev.sluice.journal.core;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The time of an embedded journal and of its gateway, in milliseconds: monotonic, and without the jumps of the
 * machine's clock. Thread-safe; a reading costs one of the nanosecond source and takes no lock.
 *
 * <p>It is driven by the nanosecond source, and compared with the machine's clock ten times a second at most.
 * Differences of up to a second are slewed: the time runs up to a tenth faster or slower. A larger one is a step, and
 * followed only when it has lasted for {@link WallTime#HOLD}: a clock that is two days ahead for a minute erases
 * nothing and starts nothing, and one that is set back lets no new job overtake those that wait. Then
 *
 * <ul>
 *   <li>a step ahead is made at once. After a pause that the nanosecond source did not count, such as a suspended
 *       machine, the time therefore lags for those minutes: jobs may start late, never early;
 *   <li>a step back is slewed by running a tenth slower until the machine's clock has caught up, ten hours for each
 *       hour. Until then intervals are right within that tenth, and instants are ahead by the rest. After a step of
 *       days it is better to restart when no job waits.
 * </ul>
 *
 * <p>Erasing cannot be undone. It uses {@link #erasable}, which never steps.
 */
public final class JournalClock extends Clock {

    private static final long LOOKS_APART = Duration.ofMillis(100).toNanos();
    private static final long STEP = WallTime.TOLERANCE.toNanos();

    /** The jitter between the two sources from one reading to the next. */
    private static final long NOISE = Duration.ofMillis(1).toNanos();

    /** A reading of both sources that takes longer than this is discarded. */
    private static final long ONE_MOMENT = Duration.ofMillis(50).toNanos();

    /** The time constant of slewing a small difference. */
    private static final double SLEWING = Duration.ofSeconds(10).toNanos();

    private static final double MOST_SLEW = 0.1;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Clock wall;
    private final LongSupplier nanos;
    private final WallTime believed;
    private final ReentrantLock looking = new ReentrantLock();
    private final AtomicLong latest = new AtomicLong(Long.MIN_VALUE); // milliseconds, the last value returned
    private volatile State state;

    /**
     * How the times advance from a reading of the nanosecond source.
     *
     * @param trial what may be erased until the clock that the process began with has held; null from then on
     */
    private record State(Pace told, Pace erasable, @Nullable Pace trial) {

        long erasable(long nanos) {
            long time = Math.min(told.at(nanos), erasable.at(nanos));
            return trial == null ? time : Math.min(time, trial.at(nanos));
        }
    }

    /**
     * How one time advances.
     *
     * @param slew its rate relative to the nanosecond source, minus one
     */
    private record Pace(long from, long time, double slew) {

        long at(long nanos) {
            long passed = Math.max(0, nanos - from);
            return slew == 0 ? time + passed : time + passed + (long) (passed * slew);
        }
    }

    /**
     * Creates a clock that starts at the time of the machine's clock.
     *
     * @param nanos {@link System#nanoTime} or a substitute
     */
    public JournalClock(Clock wall, LongSupplier nanos) {
        this.wall = wall;
        this.nanos = nanos;
        long now = nanos.getAsLong();
        long time = wallNanos();
        this.believed = new WallTime(now, time);
        Pace begin = new Pace(now, time, 0);
        this.state = new State(begin, begin, null);
    }

    /** Creates a clock over the clocks of this machine. */
    public static JournalClock system() {
        return new JournalClock(Clock.systemUTC(), System::nanoTime);
    }

    @Override
    public long millis() {
        long now = nanos.getAsLong();
        return told(looked(now).told().at(now));
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis());
    }

    /**
     * Until when things may have expired to be erased: not after the time told, not after what the machine's clock says
     * just now, and never going faster than a tenth more than the nanosecond source. So a clock that was wrong, at the
     * start of the process or for long enough to be followed, costs nothing its time; what it may cost is that things are
     * erased later.
     */
    public Instant erasable() {
        long now = nanos.getAsLong();
        long time = looked(now).erasable(now);
        return Instant.ofEpochMilli(Math.floorDiv(Math.min(time, wallNanos()), NANOS_PER_MILLI));
    }

    /**
     * Goes on from this instant if that is later than now: what the journal was opened with was stored before, whatever the
     * machine's clock says today. If that is much later, it may be right or not: nothing is erased by it before it has held
     * for {@link WallTime#HOLD}. Before anybody else asks for the time.
     */
    public void startFrom(Instant stored) {
        looking.lock();
        try {
            long now = nanos.getAsLong();
            long time = Math.max(state.told().at(now), nanosOf(stored));
            state = new State(new Pace(now, time, 0), state.erasable(), new Pace(now, nanosOf(stored), 0));
        } finally {
            looking.unlock();
        }
    }

    /** Returns how far the machine's clock is ahead of this one. */
    public Duration wallAhead() {
        return Duration.ofMillis(wall.millis() - millis());
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        InstantSource source = () -> Instant.ofEpochMilli(millis());
        return zone.equals(ZoneOffset.UTC) ? this : source.withZone(zone);
    }

    /**
     * Returns the state for a reading, after comparing it with the machine's clock if that is due and no other thread
     * is doing so.
     */
    private State looked(long now) {
        State current = state;
        if (now - current.told().from() < LOOKS_APART || !looking.tryLock()) {
            return current;
        }
        try {
            look();
        } finally {
            looking.unlock();
        }
        return state;
    }

    private void look() {
        long now = nanos.getAsLong();
        long wallNow = wallNanos();
        if (nanos.getAsLong() - now > ONE_MOMENT) {
            return;
        }
        long time = state.told().at(now);
        long behind = believed.look(now, wallNow) - time;
        Pace told = behind > STEP ? new Pace(now, time + behind, 0) : new Pace(now, time, slew(behind));
        long erasable = Math.min(state.erasable().at(now), told.time());
        boolean late = told.time() - erasable > NOISE;
        Pace trial = state.trial();
        boolean over = trial == null || (now - trial.from() >= WallTime.HOLD.toNanos() && !believed.differs());
        state = new State(told, new Pace(now, erasable, late ? MOST_SLEW : told.slew()), over ? null : trial);
    }

    private static double slew(long behind) {
        return Math.abs(behind) <= NOISE ? 0 : Math.max(-MOST_SLEW, Math.min(MOST_SLEW, behind / SLEWING));
    }

    /** A reading taken before another thread's comparison may be returned after it. */
    private long told(long time) {
        long millis = Math.floorDiv(time, NANOS_PER_MILLI);
        long before = latest.get();
        return millis <= before ? before : latest.accumulateAndGet(millis, Math::max);
    }

    private long wallNanos() {
        return nanosOf(wall.instant());
    }

    private static long nanosOf(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
    }
}
