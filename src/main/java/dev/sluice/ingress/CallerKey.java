package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.route.KeyScope;
import dev.sluice.route.RateLimit;

/**
 * What tells the callers of a route apart, as the route wants it: the {@link dev.sluice.ingress.forwarded.Caller}, an address,
 * or a field of the request. Empty for those who have none, who are one. May be a credential: for hashes only.
 */
final class CallerKey {

    private CallerKey() {}

    /** To whom a rate limit counts the request. */
    static String of(Exchange exchange, RateLimit.By by) {
        if (by instanceof RateLimit.By.Ip) {
            return exchange.client().client();
        }
        return by instanceof RateLimit.By.Header header
                ? field(exchange, header.name())
                : exchange.caller().key();
    }

    /** Whose an idempotency key is. */
    static String of(Exchange exchange, KeyScope scope) {
        if (scope instanceof KeyScope.Everybody) {
            return "";
        }
        return scope instanceof KeyScope.Header header
                ? field(exchange, header.name())
                : exchange.caller().key();
    }

    private static String field(Exchange exchange, String name) {
        String value = exchange.field(name);
        return value == null ? "" : value;
    }
}
