package dev.sluice.loadtest.load;

import dev.sluice.loadtest.measure.Phase;
import java.net.URI;

/** Posts jobs to a route that is full, for a {@link ClosedLoop}, and does not obey its 503: the next one follows at once. */
public final class Refusals implements Exchange {

    private final byte[] request;
    private final Phase phase;
    private long refused;
    private long accepted;
    private long hasty;

    /**
     * Posts to a path of the gateway.
     *
     * @param phase where the latencies of refusals are recorded, and answers that are neither 503 nor 202 as failed
     */
    public Refusals(URI base, String target, Phase phase) {
        this.request = Bodies.post(base, target, Bodies.json(Bodies.USUAL));
        this.phase = phase;
    }

    @Override
    public byte[] request(long item) {
        return request;
    }

    @Override
    public int answered(long item, Answer answer, long nanos) {
        if (answer.status() == 503) {
            refused++;
            phase.latency().recordNanos(nanos);
            if (!honest(answer.header("Retry-After"))) {
                hasty++;
            }
        } else if (answer.status() == 202) {
            accepted++;
        } else {
            phase.failed().increment();
        }
        return DONE;
    }

    /** Whether it says when to come again: whole seconds, at least one. */
    public static boolean honest(String retryAfter) {
        return retryAfter.matches("[1-9]\\d{0,8}");
    }

    /** Answers of 503. */
    public long refused() {
        return refused;
    }

    /** Answers of 202: there was room. */
    public long accepted() {
        return accepted;
    }

    /** Answers of 503 that do not say when to come again. */
    public long withoutRetryAfter() {
        return hasty;
    }
}
