package dev.sluice.route;

import dev.sluice.http.MediaTypes;
import dev.sluice.route.AdmissionPolicy.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.util.unit.DataSize;
import org.springframework.web.util.pattern.PathPattern;

/** Converts the settings of one route to a {@link Route}, or reports the wrong one. */
final class RouteReader {

    private static final Pattern ID = Pattern.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?");
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+"); // RFC 9110, 5.6.2
    private static final Pattern STATUS = Pattern.compile("[1-5]\\d\\d");
    private static final Set<String> USUAL_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE");
    /** Longer durations are a mistake, and would overflow in milliseconds. */
    static final Duration LONGEST = Duration.ofDays(3650);

    private static final DataSize USUAL_REQUEST = DataSize.ofMegabytes(10);
    private static final DataSize USUAL_RESPONSE = DataSize.ofMegabytes(100);

    private final RouteKeys keys;
    private final RouteProperties from;

    private RouteReader(RouteKeys keys, RouteProperties from) {
        this.keys = keys;
        this.from = from;
    }

    /**
     * Reads a route.
     *
     * @throws ConfigurationException naming the first key that is wrong
     */
    static Route read(String id, RouteProperties from) {
        if (!ID.matcher(id).matches()) {
            throw new ConfigurationException(
                    "sluice.routes." + id, id, "a route id of lower-case letters, digits and inner hyphens");
        }
        if (id.equals(Route.CALLBACKS)) {
            throw new ConfigurationException(
                    "sluice.routes." + id,
                    id,
                    "another id, because the gateway delivers callbacks on a route of its own with this one");
        }
        return new RouteReader(new RouteKeys(id), from).route();
    }

    private Route route() {
        PathPattern path = PathReader.path(keys, from.path());
        ModeReader.requireSense(keys, from);
        return new Route(keys.id(), match(path), admission(), call(path));
    }

    private MatchRule match(PathPattern path) {
        return new MatchRule(path, methods(), HeaderReader.conditions(keys, from), mediaTypes());
    }

    private AdmissionPolicy admission() {
        return new AdmissionPolicy(
                from.mode(),
                ModeReader.defaultWait(keys, from),
                from.whenFinished(),
                size("max-request", from.maxRequest(), USUAL_REQUEST),
                from.idempotency(),
                KeyScopeReader.read(keys, from.idempotencyScope()),
                from.priority(),
                HeaderReader.credentials(keys, from),
                keys.atLeastOne("queue", from.queue()),
                RateLimitReader.read(keys, from.rateLimit(), from.mode()),
                HeaderReader.fairBy(keys, from),
                duration("keep", from.keep()));
    }

    private CallPolicy call(PathPattern path) {
        BackendReader backend = new BackendReader(keys);
        Concurrency concurrency = ConcurrencyReader.read(keys, from);
        return new CallPolicy(
                keys.id(),
                new CallTarget(backend.uri(from.backend()), PathReader.stripPrefix(keys, from.stripPrefix(), path)),
                HeaderReader.rules(keys, from),
                concurrency,
                RateReader.read(keys, from),
                backend.connections(from, maxPending(concurrency)),
                timeouts(),
                size("max-response", from.maxResponse(), USUAL_RESPONSE),
                from.stream(),
                success(),
                retry(),
                from.breaker(),
                following());
    }

    private CallPolicy.Following following() {
        if (from.followCancel() && !from.follow()) {
            throw wrong("follow-cancel", true, "false where follow is false");
        }
        return !from.follow()
                ? CallPolicy.Following.NONE
                : from.followCancel() ? CallPolicy.Following.POLL_AND_DELETE : CallPolicy.Following.POLL;
    }

    /**
     * Requests that are passed through wait for a connection. Attempts of jobs never exceed the concurrency, but the
     * connection of a cancelled one takes a moment to close.
     */
    private int maxPending(Concurrency concurrency) {
        return from.mode() == Mode.SYNC ? from.queue() : concurrency.perNode();
    }

    private Timeouts timeouts() {
        return new Timeouts(
                duration("connect-timeout", from.connectTimeout()),
                duration("timeout", from.timeout()),
                duration("idle-timeout", from.idleTimeout()));
    }

    private Set<String> methods() {
        for (String method : from.methods()) {
            if (!TOKEN.matcher(method).matches()) {
                throw wrong("methods", method, "names of methods such as GET or POST");
            }
            String upper = method.toUpperCase(Locale.ROOT);
            if (!method.equals(upper) && USUAL_METHODS.contains(upper)) {
                throw wrong("methods", method, upper + ", because methods are case-sensitive");
            }
        }
        return Set.copyOf(new LinkedHashSet<>(from.methods()));
    }

    private List<MediaType> mediaTypes() {
        List<MediaType> types = new ArrayList<>();
        for (String type : from.consumes()) {
            MediaType parsed = MediaTypes.parse(type);
            if (parsed == null) {
                throw wrong("consumes", type, "media types such as application/json or image/*");
            }
            types.add(parsed);
        }
        return List.copyOf(types);
    }

    private RetryPolicy retry() {
        Duration backoff = duration("backoff", from.backoff());
        Duration maxBackoff = duration("max-backoff", from.maxBackoff());
        if (backoff.compareTo(maxBackoff) > 0) {
            throw wrong("backoff", text(backoff), "at most max-backoff, which is " + text(maxBackoff));
        }
        Set<Integer> retryOn = new LinkedHashSet<>();
        for (String status : from.retryOn()) {
            if (!STATUS.matcher(status).matches()) {
                throw wrong("retry-on", status, "statuses such as 503, from 100 to 599");
            }
            retryOn.add(Integer.valueOf(status));
        }
        return new RetryPolicy(
                keys.atLeastOne("attempts", from.attempts()),
                backoff,
                maxBackoff,
                Set.copyOf(retryOn),
                duration("max-hold", from.maxHold()),
                duration("give-up", from.giveUp()));
    }

    private StatusRanges success() {
        if (from.success().isEmpty()) {
            throw wrong("success", "", "at least one status or range such as 2xx, or no job could ever succeed");
        }
        for (String part : from.success()) {
            try {
                StatusRanges.parse(List.of(part));
            } catch (IllegalArgumentException e) {
                throw wrong("success", part, "statuses and ranges such as 304, 2xx, 1xx-3xx or 400-404");
            }
        }
        return StatusRanges.parse(from.success());
    }

    private DataSize size(String key, @Nullable DataSize size, DataSize usual) {
        if (size == null) {
            return from.mode() == Mode.SYNC ? Route.UNLIMITED : usual;
        } else if (size.isNegative()) {
            throw wrong(key, size.toBytes() + "B", "a size such as 10MB, not negative");
        }
        return size;
    }

    private Duration duration(String key, Duration duration) {
        return keys.duration(key, duration);
    }

    /** A duration as in the configuration, as far as possible. */
    static String text(Duration duration) {
        return duration.toNanosPart() % 1_000_000 != 0 || duration.toDays() > LONGEST.toDays()
                ? duration.toString()
                : duration.toMillisPart() != 0 ? duration.toMillis() + "ms" : duration.toSeconds() + "s";
    }

    private ConfigurationException wrong(String key, @Nullable Object value, String expected) {
        return keys.wrong(key, value, expected);
    }
}
