package dev.sluice.ingress;

import dev.sluice.route.RouteTable;
import dev.sluice.route.RouteTable.Match;
import dev.sluice.route.RouteTable.RequestHead;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Lets web pages of other origins use the gateway, as far as they may: answers preflights and marks all other answers. */
final class CrossOrigin {

    private static final String JOB_METHODS = "GET, HEAD, DELETE";

    private final Cors cors;
    private final RouteTable routes;
    private final String jobsPrefix;

    CrossOrigin(Cors cors, RouteTable routes, String jobsPrefix) {
        this.cors = cors;
        this.routes = routes;
        this.jobsPrefix = jobsPrefix;
    }

    /** The answer to a preflight; null for any other request, whose answer is marked. */
    @Nullable
    Mono<Void> answer(Exchange exchange) {
        if (!cors.configured()) {
            return null;
        }
        exchange.answer().crossOrigin();
        HttpHeaders fields = new DefaultHttpHeaders();
        boolean preflight = Cors.isPreflight(exchange.method(), exchange.fields());
        if (preflight) {
            cors.preflight(exchange.fields(), methods(exchange), fields);
        } else {
            cors.answer(exchange.fields(), fields);
        }
        for (Map.Entry<String, String> field : fields) {
            exchange.answer().always(field.getKey(), field.getValue());
        }
        return preflight ? exchange.answer().send(204) : null;
    }

    /** What may be done at the path; empty if anything may, or if only the request itself can tell. */
    private String methods(Exchange exchange) {
        if (exchange.path().startsWith(jobsPrefix)) {
            return JOB_METHODS;
        }
        Match match = routes.match(new Announced(exchange));
        if (match instanceof Match.Found found) {
            return String.join(", ", found.route().methods());
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
