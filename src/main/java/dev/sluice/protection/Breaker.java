package dev.sluice.protection;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The circuit breaker of one route, one mechanism for backends that are unreachable and for those that fail; see {@link Evidence}
 * for when it opens. While it is open no job is called. After each wait ({@link ProbeWaits}) the backend is probed: first by a bare
 * connection, and once that holds, by one job. That is a job that was not called before, if there is one, so that a long outage
 * does not use up the tries of the first in the queue. When it is answered the load ramps up ({@link Ramp}).
 *
 * <p>Calls that began before the breaker opened do not count any more. On several nodes each follows what another has found, unless
 * the backend has answered here since; whoever comes first probes, and says so.
 *
 * <p>Pure: what has to be done about a change is left in {@link #takeEffects}. Not thread-safe.
 */
final class Breaker {

    /** What a change asks for. */
    enum Effect {
        /** The state is another one. */
        CHANGED,
        /** To try to connect, and report to {@link #connected}. */
        CONNECT,
        /** More may be started than before. */
        LOOK,
        /** To share {@link #finding}. */
        SHARE,
        /** To withdraw what is shared: the backend is back. */
        WITHDRAW
    }

    /** For how long other nodes believe that this one is probing without hearing of it again. */
    static final Duration PROBING = Duration.ofSeconds(15);

    /** Not the generation of any call that counts. */
    private static final int STALE = -1;

    private final String node;
    private final ProbeWaits waits;
    private final Evidence evidence = new Evidence();
    private final Ramp ramp = new Ramp();
    private final Map<JobId, Integer> underWay = new HashMap<>();
    private EnumSet<Effect> effects = EnumSet.noneOf(Effect.class);

    private BreakerState state = BreakerState.CLOSED;
    private @Nullable BreakerReason reason;
    private @Nullable Instant since;
    private Instant nextProbeAt = Instant.EPOCH;
    private Instant sharedAt = Instant.EPOCH;
    private boolean connecting;
    private boolean onlyNew;
    private @Nullable JobId probe;
    private @Nullable Finding shared;
    private @Nullable Finding followed;

    /** Counts the openings; a call counts if it began after the latest. */
    private int generation;

    private int counting;

    /**
     * Makes a closed breaker.
     *
     * @param node names this node
     */
    Breaker(String node, RandomGenerator random) {
        this.node = node;
        this.waits = new ProbeWaits(random);
    }

    BreakerState state() {
        return state;
    }

    BreakerStatus status() {
        return new BreakerStatus(
                state,
                reason,
                since,
                state == BreakerState.OPEN && !connecting ? nextProbeAt : null,
                evidence.calls().calls(),
                evidence.calls().failures());
    }

    /** What is to be done since the last call of this method. */
    Set<Effect> takeEffects() {
        if (effects.isEmpty()) {
            return Set.of();
        }
        Set<Effect> taken = effects;
        effects = EnumSet.noneOf(Effect.class);
        return taken;
    }

    /**
     * What may be started.
     *
     * @param most the concurrency of the route
     */
    Opening opening(int most, Instant now) {
        if (state == BreakerState.OPEN && !connecting && !now.isBefore(nextProbeAt)) {
            connecting = true;
            effects.add(Effect.CONNECT);
            share();
        } else if (state == BreakerState.RAMPING && ramp.limit(now) >= most) {
            become(BreakerState.CLOSED, null, now);
        }
        if (isProbing() && !now.isBefore(sharedAt.plus(PROBING.dividedBy(3)))) {
            share();
        }
        return switch (state) {
            case CLOSED -> passing(Integer.MAX_VALUE, Instant.MAX, now);
            case RAMPING -> passing(ramp.limit(now) - counting, ramp.nextStepAt(), now);
            case HALF_OPEN ->
                probe == null
                        ? new Opening(1, onlyNew ? 0 : 1, Set.of(), Instant.MAX)
                        : Opening.closedUntil(sharedAt.plus(PROBING.dividedBy(3)));
            case OPEN -> Opening.closedUntil(connecting ? Instant.MAX : nextProbeAt);
        };
    }

    private Opening passing(int room, Instant next, Instant now) {
        Instant paced = evidence.pacedUntil();
        if (paced == null) {
            return Opening.room(room, next);
        }
        return now.isBefore(paced) ? Opening.closedUntil(paced) : Opening.room(Math.min(1, room), next);
    }

    private void offerProbe() {
        state = BreakerState.HALF_OPEN;
        probe = null;
        onlyNew = true;
        effects.add(Effect.CHANGED);
        effects.add(Effect.LOOK);
    }

    /** The outcome of {@link Effect#CONNECT}. */
    void connected(boolean success, Instant now) {
        if (!connecting) {
            return; // another node was quicker
        }
        connecting = false;
        if (success) {
            offerProbe();
        } else {
            waits.failed();
            waitForProbe(now);
        }
    }

    /** Jobs were claimed and will be called; none of them if there was none that could be started. */
    void claimed(Collection<Job> jobs) {
        if (state == BreakerState.HALF_OPEN && probe == null) {
            if (jobs.isEmpty()) {
                effects.addAll(onlyNew ? Set.of(Effect.LOOK) : Set.of());
                onlyNew = false;
                return;
            }
            probe = jobs.iterator().next().id();
            share();
        }
        int counted = state.passes() ? generation : STALE;
        for (Job job : jobs) {
            Integer lost = underWay.put(job.id(), counted); // a claim of the same job whose lease was lost
            counting += counted == STALE ? 0 : 1;
            counting -= lost != null && lost == generation ? 1 : 0;
        }
    }

    /** A call has ended. */
    void ended(EndedCall call, Instant now) {
        JobId job = call.job().id();
        Integer began = underWay.remove(job);
        if (job.equals(probe)) {
            probe = null;
            probed(call, now);
        } else if (began == null || began != generation) {
            evidence.noteAnswer(call, now);
        } else {
            counting--;
            judge(call, now);
        }
    }

    private void probed(EndedCall call, Instant now) {
        if (state != BreakerState.HALF_OPEN) {
            evidence.noteAnswer(call, now);
            return; // another node was quicker
        }
        switch (call.end()) {
            case ANSWERED, LIMITED, UNAVAILABLE -> {
                ramp(now);
                evidence.add(call, true, now);
                effects.add(Effect.WITHDRAW);
            }
            case FAILED, UNREACHABLE -> {
                evidence.noteAnswer(call, now);
                waits.failed();
                reopen(call.end() == EndedCall.End.FAILED ? BreakerReason.FAILING : BreakerReason.UNREACHABLE);
                waitForProbe(now);
            }
            case ABORTED -> offerProbe();
        }
    }

    private void judge(EndedCall call, Instant now) {
        BreakerReason trouble = evidence.add(call, state == BreakerState.RAMPING, now);
        if (trouble != null) {
            open(trouble, now);
            waitForProbe(now);
        } else if (state == BreakerState.RAMPING && call.end() == EndedCall.End.ANSWERED) {
            ramp.answered();
            effects.add(Effect.LOOK);
        }
    }

    private void open(BreakerReason trouble, Instant now) {
        Instant closed = since;
        if (state == BreakerState.CLOSED
                && (closed == null || closed.plus(ProbeWaits.LONGEST).isBefore(now))) {
            waits.beginAnew();
        }
        generation++;
        counting = 0;
        become(BreakerState.OPEN, trouble, now);
    }

    /** The probe has failed, here or on another node: it has been open all the time. */
    private void reopen(BreakerReason trouble) {
        if (state != BreakerState.OPEN) {
            effects.add(Effect.CHANGED);
        }
        state = BreakerState.OPEN;
        reason = trouble;
    }

    private void waitForProbe(Instant now) {
        nextProbeAt = now.plus(waits.next());
        effects.add(Effect.LOOK); // so that the claimer knows when
        share();
    }

    private void ramp(Instant now) {
        connecting = false;
        waits.succeeded();
        evidence.startAnew();
        ramp.begin(now);
        followed = null;
        become(BreakerState.RAMPING, reason, now);
        effects.add(Effect.LOOK);
    }

    private void become(BreakerState next, @Nullable BreakerReason why, Instant now) {
        state = next;
        reason = why;
        since = now;
        effects.add(Effect.CHANGED);
    }

    private boolean isProbing() {
        return connecting || probe != null;
    }

    private void share() {
        followed = null;
        effects.add(Effect.SHARE);
    }

    /** What to tell other nodes; null if there is nothing to tell. */
    @Nullable
    Finding finding(Instant now) {
        BreakerReason why = reason;
        Instant opened = since;
        if (state.passes() || why == null || opened == null) {
            return null;
        }
        sharedAt = now;
        Instant until = isProbing() ? now.plus(PROBING) : Instant.EPOCH;
        shared = new Finding(node, why, opened, waits.doublings(), nextProbeAt, until).inMillis();
        return shared;
    }

    /** A node, perhaps this one, has shared a finding. */
    void follow(Finding finding, Instant now) {
        if (finding.node().equals(node)) {
            followed = finding.equals(shared) ? finding : followed;
            return;
        }
        boolean refuted = state.passes() && !evidence.answeredAt().isBefore(finding.since());
        if (finding.equals(followed) || isProbing() || refuted) {
            return;
        }
        if (state.passes()) {
            open(finding.reason(), finding.since());
        } else {
            reopen(finding.reason());
        }
        followed = finding;
        waits.continueAt(finding.doublings());
        Instant free = finding.probingUntil();
        Instant due = free.isAfter(finding.nextProbeAt()) ? free : finding.nextProbeAt();
        nextProbeAt = due.plus(waits.jitter());
        effects.add(Effect.LOOK);
    }

    /** The finding that was shared has been withdrawn: a node has found the backend well. */
    void unfollow(Instant now) {
        if (followed != null && !state.passes() && !isProbing()) {
            ramp(now);
        }
        followed = null;
    }
}
