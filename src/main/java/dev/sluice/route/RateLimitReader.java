package dev.sluice.route;

import dev.sluice.route.AdmissionPolicy.Mode;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the rate limit of a route. */
final class RateLimitReader {

    private static final Pattern BY = Pattern.compile("ip|caller|header:([!#$%&'*+.^_`|~0-9A-Za-z-]+)");

    private RateLimitReader() {}

    static @Nullable RateLimit read(RouteKeys keys, RouteProperties.@Nullable Limit from, Mode mode) {
        if (from == null) {
            return null;
        }
        Matcher by = BY.matcher(from.by() == null ? "" : from.by());
        if (!by.matches()) {
            throw keys.wrong(
                    "rate-limit.by",
                    from.by(),
                    "ip, caller, or header: and the name of a field that tells clients apart");
        }
        Integer jobs = from.inFlight();
        int inFlight = jobs == null ? 0 : keys.atLeastOne("rate-limit.in-flight", jobs);
        if (jobs != null && mode == Mode.SYNC) {
            throw keys.wrong("rate-limit.in-flight", jobs, "nothing, because no jobs are made in mode sync");
        }
        if (jobs != null && from.limit() == null && from.burst() == null) {
            return new RateLimit(by(by), 0, Duration.ZERO, 0, inFlight);
        }
        PerTime limit = PerTime.parse(from.limit());
        if (limit == null) {
            throw keys.wrong("rate-limit.limit", from.limit(), "requests " + PerTime.EXAMPLES);
        }
        int burst = from.burst() == null ? limit.count() : keys.atLeastOne("rate-limit.burst", from.burst());
        return new RateLimit(by(by), limit.count(), limit.window(), burst, inFlight);
    }

    private static RateLimit.By by(Matcher by) {
        if (by.group(1) != null) {
            return new RateLimit.By.Header(by.group(1));
        }
        return by.group().equals("caller") ? new RateLimit.By.Caller() : new RateLimit.By.Ip();
    }
}
