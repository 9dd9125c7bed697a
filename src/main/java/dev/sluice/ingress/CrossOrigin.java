package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.exchange.NettyResponse;
import dev.sluice.ingress.header.Cors;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.RouteTable.Match;
import dev.sluice.route.RouteTable.RequestHead;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.springframework.web.cors.reactive.CorsUtils;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Lets web pages of configured origins use the gateway: answers preflights and adds the CORS fields to all other responses. It
 * precedes the filters of users, because a preflight carries no credentials and a page may read why it was refused.
 */
final class CrossOrigin implements WebFilter {

    private static final String JOB_METHODS = "GET, HEAD, DELETE";
    private static final String GROUP_METHODS = "GET, HEAD, POST, DELETE";

    private final Cors cors;
    private final CurrentRoutes routes;
    private final OwnPaths own;

    CrossOrigin(Cors cors, CurrentRoutes routes, OwnPaths own) {
        this.cors = cors;
        this.routes = routes;
        this.own = own;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange web, WebFilterChain chain) {
        NettyResponse response = NettyResponse.of(web);
        HttpHeaders request = response.request().fields();
        if (!CorsUtils.isPreFlightRequest(response.request())) {
            cors.answer(request, response.fields());
            response.crossOrigin();
            return chain.filter(web);
        }
        Exchange exchange = Exchange.of(web);
        cors.preflight(request, methods(exchange), response.fields());
        return exchange.response().send(204);
    }

    @Override
    public String toString() {
        return "cors";
    }

    /** What may be done at the path; empty if anything may, or if only the request itself can tell. */
    private String methods(Exchange exchange) {
        if (own.isOfJobs(exchange.path())) {
            return JOB_METHODS;
        } else if (own.isOfGroups(exchange.path())) {
            return own.isAllGroups(exchange.path()) ? "POST" : GROUP_METHODS;
        }
        Match match = routes.match(new Announced(exchange));
        if (match instanceof Match.Found found) {
            return String.join(", ", found.route().match().methods());
        }
        return match instanceof Match.OtherMethods other ? String.join(", ", other.allowed()) : "";
    }

    /** The head of the request that a preflight announces, as far as it does. */
    private record Announced(Exchange exchange) implements RequestHead {

        @Override
        public String method() {
            String method = exchange.field(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
            return method == null ? "" : method;
        }

        @Override
        public String path() {
            return exchange.path();
        }

        @Override
        public String host() {
            return exchange.host();
        }

        @Override
        public List<String> headers(String name) {
            return exchange.headers(name);
        }
    }
}
