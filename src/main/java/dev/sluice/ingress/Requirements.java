package dev.sluice.ingress;

import dev.sluice.callbacks.Receivers;
import dev.sluice.http.HeaderNames;
import dev.sluice.http.MediaTypes;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.CallbackHeader;
import dev.sluice.ingress.header.GroupHeader;
import dev.sluice.ingress.header.IdempotencyKeyHeader;
import dev.sluice.ingress.header.Timing;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.Problem;
import dev.sluice.journal.IdempotencyKey;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.AdmissionPolicy.Idempotency;
import dev.sluice.route.AdmissionPolicy.Mode;
import dev.sluice.route.Route;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;

/** Checks what a route requires of a request before any of its body is read. */
final class Requirements {

    private Requirements() {}

    /**
     * Checks length and media type.
     *
     * @throws ProblemException {@code body-too-large} or {@code unsupported-media-type}
     */
    static void check(Exchange exchange, Route route) {
        long most = route.admission().maxRequest().toBytes();
        if (exchange.length() > most) {
            throw Problems.tooLarge(most);
        }
        List<MediaType> consumes = route.match().consumes();
        if (!consumes.isEmpty() && !takes(consumes, exchange.fields(HttpHeaderNames.CONTENT_TYPE))) {
            String taken = consumes.stream().map(MediaType::toString).collect(Collectors.joining(", "));
            throw new ProblemException(
                            Problem.UNSUPPORTED_MEDIA_TYPE,
                            "Content-Type is missing or names a media type that this route does not take; it takes "
                                    + taken + ".")
                    .with(HeaderNames.ACCEPT, taken);
        }
    }

    /**
     * Checks all that needs neither the body nor a place in the queue, without taking anything.
     *
     * @throws ProblemException if repeating the request cannot succeed
     */
    static void checkAll(Exchange exchange, Route route, Receivers receivers, Instant now) {
        check(exchange, route);
        if (route.admission().mode() == Mode.SYNC) {
            return;
        }
        CallbackHeader.read(exchange.fields(), receivers);
        GroupHeader.of(exchange.fields());
        key(exchange, route);
        ProblemException impossible = Timing.of(exchange.fields(), now).impossible(now);
        if (impossible != null) {
            throw impossible;
        }
    }

    /**
     * The caller's idempotency key.
     *
     * @return null if none was sent, or the route ignores keys
     * @throws ProblemException {@code bad-header} if it is malformed, {@code idempotency-key-missing} if the route requires one
     */
    static @Nullable IdempotencyKey key(Exchange exchange, Route route) {
        if (route.admission().idempotency() == Idempotency.OFF) {
            return null;
        }
        String key = IdempotencyKeyHeader.read(exchange.fields(IdempotencyKeyHeader.NAME));
        if (key != null) {
            return IdempotencyKey.of(
                    route.id(), CallerKey.of(exchange, route.admission().keyScope()), key);
        } else if (route.admission().idempotency() == Idempotency.REQUIRED) {
            throw new ProblemException(
                    Problem.IDEMPOTENCY_KEY_MISSING,
                    "This route requires an " + IdempotencyKeyHeader.NAME
                            + "; send one, of 1 to 255 visible characters, that is new for each new request.");
        }
        return null;
    }

    /** Every line of a repeated field must match, because backends differ in which one they use. */
    private static boolean takes(List<MediaType> taken, List<String> sent) {
        for (String one : sent) {
            if (!takes(taken, one)) {
                return false;
            }
        }
        return !sent.isEmpty();
    }

    private static boolean takes(List<MediaType> taken, String sent) {
        MediaType type = MediaTypes.parse(sent);
        if (type == null) {
            return false;
        }
        for (MediaType one : taken) {
            if (one.includes(type)) {
                return true;
            }
        }
        return false;
    }
}
