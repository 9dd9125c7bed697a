package dev.sluice.loadtest.rig;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * A gateway that runs.
 *
 * @param base the URL of its public listener
 * @param management that of its management listener, if it can be reached
 * @param process empty if it was not started here
 * @param setup empty if it was not started here
 * @param ready how long it took from the start of the process
 */
public record Gateway(
        URI base, Optional<URI> management, Optional<Started> process, Optional<GatewaySetup> setup, Duration ready) {

    /** One that was started by somebody else. */
    public static Gateway elsewhere(URI base, Optional<URI> management) {
        return new Gateway(base, management, Optional.empty(), Optional.empty(), Duration.ZERO);
    }

    /**
     * What its meters say now.
     *
     * @throws RigException if it does not answer, or has no management listener that is known
     */
    public Metrics metrics() {
        return Metrics.read(management.orElseThrow(
                () -> new RigException("the management listener is not known: --management URL")));
    }

    /** Processor time so far; zero where that cannot be seen. */
    public Duration processor() {
        return process.flatMap(Started::stats).map(ProcessStats::processor).orElse(Duration.ZERO);
    }
}
