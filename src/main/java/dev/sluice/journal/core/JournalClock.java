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
 * The time of an embedded journal and of the gateway around it, in milliseconds: never goes back, and does not jump when
 * the machine's clock does. For any thread; a reading costs one of the nanosecond source and takes no lock.
 *
 * <p>It runs by the nanosecond source, and looks at the machine's clock ten times a second at most. Differences of up to a
 * second are made up for by running up to a tenth faster or slower. A larger one is a step, and followed only when it has
 * held for {@link WallTime#HOLD}: a clock that is two days ahead for a minute erases nothing and starts nothing, and one
 * that is set back lets no new job overtake those that wait. Then
 *
 * <ul>
 *   <li>a step ahead is made at once. After a pause that the nanosecond source did not count, as of a machine that was
 *       suspended, the time is therefore behind for those minutes: what is due then comes late, and nothing comes early;
 *   <li>a step back is made up for by running a tenth slower until the machine's clock has caught up, ten hours for each
 *       hour. Until then every interval is right within that tenth, and instants are ahead by what is left. A step of days
 *       is better made up for by a restart when no job waits.
 * </ul>
 *
 * <p>Erasing is what cannot be made good again. It goes by {@link #erasable}, which makes no step at all.
 */
public final class JournalClock extends Clock {

    private static final long LOOKS_APART = Duration.ofMillis(100).toNanos();
    private static final long STEP = WallTime.TOLERANCE.toNanos();

    /** What the sources differ by from one reading to the next. */
    private static final long NOISE = Duration.ofMillis(1).toNanos();

    /** If the two sources cannot be read within this time of each other, the reading says nothing. */
    private static final long ONE_MOMENT = Duration.ofMillis(50).toNanos();

    /** In which time a small difference would be made up for at the speed it begins with. */
    private static final double SLEWING = Duration.ofSeconds(10).toNanos();

    private static final double MOST_SLEW = 0.1;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Clock wall;
    private final LongSupplier nanos;
    private final WallTime believed;
    private final ReentrantLock looking = new ReentrantLock();
    private final AtomicLong latest = new AtomicLong(Long.MIN_VALUE); // milliseconds, the last that was told
    private volatile State state;

    /**
     * How times go on from a moment of the nanosecond source.
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
     * How one time goes on.
     *
     * @param slew by which part it is faster than the nanosecond source
     */
    private record Pace(long from, long time, double slew) {

        long at(long nanos) {
            long passed = Math.max(0, nanos - from);
            return slew == 0 ? time + passed : time + passed + (long) (passed * slew);
        }
    }

    /**
     * Begins with the time of the machine's clock.
     *
     * @param nanos {@link System#nanoTime}, or what stands for it
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

    /** A new one over the clocks of this machine. */
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

    /** By how much the machine's clock is ahead of the time told. */
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

    /** The state for a reading, after a look at the machine's clock if one is due and nobody else is at it. */
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

    /** A reading may be taken by one thread before and told after a look of another. */
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
