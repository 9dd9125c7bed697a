package dev.sluice.ingress.exchange;

import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * The first filter: refuses ambiguous requests, by their {@link Framing}, {@link Target} or host, before any other filter sees
 * them.
 */
public final class RequestCheck implements WebFilter {

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        NettyResponse response = NettyResponse.of(exchange);
        NettyRequest request = response.request();
        int status = Framing.status(request);
        if (status != 200) {
            return response.cutOff(status);
        }
        request.target();
        request.host();
        return chain.filter(exchange);
    }

    @Override
    public String toString() {
        return "request check";
    }
}
