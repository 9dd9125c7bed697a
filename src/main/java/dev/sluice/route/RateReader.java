package dev.sluice.route;

import dev.sluice.route.AdmissionPolicy.Mode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Reads the rate of a route. */
final class RateReader {

    /** How long a burst may last that nobody has asked for: about as long as a claim takes, so that high rates are reached. */
    private static final Duration USUAL_BURST = Duration.ofMillis(20);

    private RateReader() {}

    static @Nullable Rate read(RouteKeys keys, RouteProperties from) {
        RouteProperties.RateValue value = from.rate();
        if (value == null || (!value.nested() && "".equals(value.limit()))) {
            return null;
        }
        boolean shared = value.cluster() != null;
        String key = shared ? "rate.cluster" : value.nested() ? "rate.limit" : "rate";
        String text = shared ? value.cluster() : value.limit();
        if (shared && value.limit() != null) {
            throw keys.wrong(
                    key,
                    text,
                    "one of both: sluice.routes." + keys.id() + ".rate.limit is '" + value.limit() + "' already");
        }
        PerTime rate = PerTime.parse(text);
        if (rate == null) {
            throw keys.wrong(key, text, "calls of the backend " + PerTime.EXAMPLES);
        } else if (from.mode() == Mode.SYNC) {
            throw keys.wrong(key, text, "no rate in mode sync, which makes no job to hold back");
        }
        int burst = value.burst() == null ? usualBurst(rate) : keys.atLeastOne("rate.burst", value.burst());
        return new Rate(rate.count(), rate.window(), burst, shared);
    }

    private static int usualBurst(PerTime rate) {
        return (int) Math.max(
                1, rate.count() * USUAL_BURST.toMillis() / rate.window().toMillis());
    }
}
