package dev.sluice.route;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads how much one client of a route may send. */
final class RateLimitReader {

    private static final Pattern BY = Pattern.compile("ip|header:([!#$%&'*+.^_`|~0-9A-Za-z-]+)");
    private static final Pattern LIMIT = Pattern.compile("([1-9]\\d{0,8})/([smhd])");

    private RateLimitReader() {}

    static @Nullable RateLimit read(RouteKeys keys, RouteProperties.@Nullable Limit from) {
        if (from == null) {
            return null;
        }
        Matcher by = BY.matcher(from.by() == null ? "" : from.by());
        if (!by.matches()) {
            throw keys.wrong(
                    "rate-limit.by", from.by(), "ip, or header: and the name of a field that tells clients apart");
        }
        Matcher limit = LIMIT.matcher(from.limit() == null ? "" : from.limit());
        if (!limit.matches()) {
            throw keys.wrong(
                    "rate-limit.limit",
                    from.limit(),
                    "requests in a second, minute, hour or day, such as 10/s, 100/m, 1000/h or 10000/d");
        }
        int count = Integer.parseInt(limit.group(1));
        int burst = from.burst() == null ? count : keys.atLeastOne("rate-limit.burst", from.burst());
        String field = by.group(1);
        return new RateLimit(
                field == null ? new RateLimit.By.Ip() : new RateLimit.By.Header(field),
                count,
                window(limit.group(2)),
                burst);
    }

    private static Duration window(String unit) {
        return switch (unit) {
            case "s" -> Duration.ofSeconds(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            default -> Duration.ofDays(1);
        };
    }
}
