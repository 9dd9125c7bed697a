package dev.sluice.ingress.exchange;

import dev.sluice.ingress.forwarded.ClientOrigin;
import dev.sluice.ingress.forwarded.TrustedProxies;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Provides the {@link ClientOrigin} of an exchange to the filters and handlers behind it. */
public final class OriginFilter implements WebFilter, ClientOrigin.Source {

    private final TrustedProxies proxies;

    public OriginFilter(TrustedProxies proxies) {
        this.proxies = proxies;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        exchange.getAttributes().put(ATTRIBUTE, this);
        return chain.filter(exchange);
    }

    @Override
    public ClientOrigin of(ServerWebExchange exchange) {
        return Exchange.of(exchange).client(proxies);
    }

    @Override
    public String toString() {
        return "trusted proxies";
    }
}
