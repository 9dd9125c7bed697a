package dev.sluice.loadtest.load;

import dev.sluice.loadtest.measure.Phase;
import java.net.URI;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Posts one small job after the other, for a {@link ClosedLoop}. A 503 is obeyed and sent again; any other answer than 202
 * counts as failed.
 */
public final class Submitting implements Exchange {

    private final byte[] request;
    private final Phase phase;
    private final Consumer<String> accepted;
    private long count;
    private long refused;

    /**
     * Posts to a path of the gateway.
     *
     * @param phase where latencies are recorded
     * @param accepted gets the path of each job
     */
    public Submitting(URI base, String target, Phase phase, Consumer<String> accepted) {
        this(base, target, Map.of(), phase, accepted);
    }

    /** The same with more headers. */
    public Submitting(URI base, String target, Map<String, String> headers, Phase phase, Consumer<String> accepted) {
        this.request = Bodies.post(base, target, Bodies.json(Bodies.USUAL), headers);
        this.phase = phase;
        this.accepted = accepted;
    }

    @Override
    public byte[] request(long item) {
        return request;
    }

    @Override
    public int answered(long item, Answer answer, long nanos) {
        if (answer.status() == 503) {
            refused++;
            String seconds = answer.header("Retry-After");
            return seconds.matches("\\d{1,4}") ? Integer.parseInt(seconds) : 1;
        }
        phase.latency().recordNanos(nanos);
        if (answer.status() == 202) {
            count++;
            accepted.accept(URI.create(answer.header("Location")).getRawPath());
        } else {
            phase.failed().increment();
        }
        return DONE;
    }

    /** Answers of 202. */
    public long accepted() {
        return count;
    }

    /** Answers of 503, after which the request was sent again. */
    public long refused() {
        return refused;
    }
}
