package dev.sluice.ingress.forwarded;

import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;

/**
 * Who asks: what tells callers apart in idempotency keys and rate limits. That is who a filter says it is, else the value of
 * the field that carries the caller's credentials.
 */
public final class Caller {

    /** Reads the caller of an exchange, when somebody wants to know; each exchange has one in its attributes. */
    @FunctionalInterface
    interface Source {
        Caller of(ServerWebExchange exchange);
    }

    private static final String ATTRIBUTE = Caller.class.getName();

    /** No field has it in its value, so that nobody can send what makes him one of the callers whom filters name. */
    private static final char NAMED = '\0';

    private static final Caller NOBODY = new Caller("");

    private final String key;

    private Caller(String key) {
        this.key = key;
    }

    /**
     * Says who asks, for all that comes behind in the chain of filters; to be called by a filter that knows better than the
     * field, such as the name of the principal whom Spring Security has let in.
     *
     * @param name the same for all requests of the caller and no other's
     */
    public static void set(ServerWebExchange exchange, String name) {
        Caller named = new Caller(NAMED + name);
        set(exchange, any -> named);
    }

    static void set(ServerWebExchange exchange, Source source) {
        exchange.getAttributes().put(ATTRIBUTE, source);
    }

    /** Whose credentials are the value of a field; null or empty for nobody in particular. */
    static Caller ofField(@Nullable String value) {
        return value == null || value.isEmpty() ? NOBODY : new Caller(value);
    }

    /** The one of an exchange; on the management listener nobody in particular, unless a filter says who. */
    public static Caller of(ServerWebExchange exchange) {
        Source source = exchange.getAttribute(ATTRIBUTE);
        return source == null ? NOBODY : source.of(exchange);
    }

    /** The same for all requests of a caller; empty for nobody in particular. May be a credential: for hashes only. */
    public String key() {
        return key;
    }

    /** Says nothing, because what tells callers apart may be a credential. */
    @Override
    public String toString() {
        return "caller";
    }
}
