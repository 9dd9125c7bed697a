package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.route.KeyScope;
import dev.sluice.route.RateLimit;
import dev.sluice.route.Route;

/**
 * The key that identifies the caller of a route, as configured: the {@link dev.sluice.ingress.forwarded.Caller}, the client's
 * address, or a header field. Empty if there is none; all such requests share one key. It may be a credential, so that it must
 * only be hashed.
 */
final class CallerKey {

    private CallerKey() {}

    /** The key that a rate limit counts the request for. */
    static String of(Exchange exchange, RateLimit.By by) {
        if (by instanceof RateLimit.By.Ip) {
            return exchange.client().client();
        }
        return by instanceof RateLimit.By.Header header
                ? field(exchange, header.name())
                : exchange.caller().key();
    }

    /** The key within which an idempotency key is unique. */
    static String of(Exchange exchange, KeyScope scope) {
        if (scope instanceof KeyScope.Everybody) {
            return "";
        }
        return scope instanceof KeyScope.Header header
                ? field(exchange, header.name())
                : exchange.caller().key();
    }

    /** The key of those that share a turn; empty if the route has no turns or the request does not have the field. */
    static String turn(Exchange exchange, Route route) {
        String fairBy = route.admission().fairBy();
        return fairBy == null ? "" : field(exchange, fairBy);
    }

    private static String field(Exchange exchange, String name) {
        String value = exchange.field(name);
        return value == null ? "" : value;
    }
}
