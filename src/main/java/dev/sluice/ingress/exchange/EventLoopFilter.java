package dev.sluice.ingress.exchange;

import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Returns exchanges to the event loop of their connection if a filter has moved them to another thread. */
public final class EventLoopFilter implements WebFilter {

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        return NettyResponse.of(exchange).request().inLoop(() -> chain.filter(exchange));
    }

    @Override
    public String toString() {
        return "event loop";
    }
}
