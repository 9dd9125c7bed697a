package dev.sluice.ingress.forwarded;

import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Sets the {@link Caller} of each exchange from a field; later filters may set another. */
public final class CallerFilter implements WebFilter {

    private final Caller.Source source;

    /**
     * Creates the filter.
     *
     * @param field {@code Authorization}, or the field that identifies callers instead
     */
    public CallerFilter(String field) {
        source = exchange -> Caller.ofField(exchange.getRequest().getHeaders().getFirst(field));
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        Caller.set(exchange, source);
        return chain.filter(exchange);
    }

    @Override
    public String toString() {
        return "caller";
    }
}
