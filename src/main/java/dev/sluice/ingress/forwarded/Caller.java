package dev.sluice.ingress.forwarded;

import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;

/**
 * The caller of an exchange, as idempotency keys and rate limits distinguish callers: set by a filter, or else the value of the
 * field that carries credentials.
 */
public final class Caller {

    /** Reads the caller of an exchange on demand. An attribute of each exchange. */
    @FunctionalInterface
    interface Source {
        Caller of(ServerWebExchange exchange);
    }

    private static final String ATTRIBUTE = Caller.class.getName();

    /** Marks names set by filters. No field value contains it, so no client can send such a name. */
    private static final char NAMED = '\0';

    private static final Caller ANONYMOUS = new Caller("");

    private final String key;

    private Caller(String key) {
        this.key = key;
    }

    /**
     * Sets the caller for the filters and handlers that follow. To be called by a filter with a better identification than the
     * field, such as the name of the principal that Spring Security has authenticated.
     *
     * @param name unique to the caller and the same for all of its requests
     */
    public static void set(ServerWebExchange exchange, String name) {
        Caller named = new Caller(NAMED + name);
        set(exchange, any -> named);
    }

    static void set(ServerWebExchange exchange, Source source) {
        exchange.getAttributes().put(ATTRIBUTE, source);
    }

    /** The caller with these credentials; anonymous if they are null or empty. */
    static Caller ofField(@Nullable String value) {
        return value == null || value.isEmpty() ? ANONYMOUS : new Caller(value);
    }

    /** The caller of an exchange; anonymous on the management listener unless a filter has set one. */
    public static Caller of(ServerWebExchange exchange) {
        Source source = exchange.getAttribute(ATTRIBUTE);
        return source == null ? ANONYMOUS : source.of(exchange);
    }

    /** The same for all requests of a caller; empty for an anonymous one. May be a credential: to be hashed only. */
    public String key() {
        return key;
    }

    /** Without the key, which may be a credential. */
    @Override
    public String toString() {
        return "caller";
    }
}
