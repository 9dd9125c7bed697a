package dev.sluice.ingress;

import dev.sluice.job.Problem;
import dev.sluice.route.Route;
import dev.sluice.route.Route.Mode;
import dev.sluice.route.RouteTable;
import dev.sluice.route.RouteTable.Match;
import reactor.core.publisher.Mono;

/** Finds the route of a request, which says what becomes of it. */
final class RouteHandler {

    private final RouteTable routes;
    private final AcceptHandler accept;
    private final PassThrough passThrough;

    RouteHandler(RouteTable routes, AcceptHandler accept, PassThrough passThrough) {
        this.routes = routes;
        this.accept = accept;
        this.passThrough = passThrough;
    }

    /** Handles a request that is not about a job. */
    Mono<Void> handle(Exchange exchange) {
        Route route = route(exchange);
        if (route.mode() == Mode.SYNC) {
            return passThrough.handle(exchange, route);
        }
        exchange.always(Fields.VARY, Preferences.NAME);
        return accept.handle(exchange, route);
    }

    private Route route(Exchange exchange) {
        Match match = routes.match(exchange);
        if (match instanceof Match.Found found) {
            return found.route();
        } else if (match instanceof Match.OtherMethods other) {
            exchange.always(Fields.VARY, Preferences.NAME);
            throw Refusals.methodNotAllowed(exchange.method(), String.join(", ", other.allowed()));
        }
        throw new Refusal(Problem.NO_ROUTE, "No route has this path; look at the path and at the gateway's routes.");
    }
}
