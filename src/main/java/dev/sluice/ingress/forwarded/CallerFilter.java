package dev.sluice.ingress.forwarded;

import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Takes the value of a field for the {@link Caller}, as long as no other filter says who that is. */
public final class CallerFilter implements WebFilter {

    private final Caller.Source source;

    /**
     * Makes it.
     *
     * @param field {@code Authorization}, or the one that carries the callers' credentials instead
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
