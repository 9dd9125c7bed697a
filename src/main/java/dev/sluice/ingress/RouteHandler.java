package dev.sluice.ingress;

import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.problem.ProblemException;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.Problem;
import dev.sluice.queue.ClientLimits;
import dev.sluice.route.RateLimit;
import dev.sluice.route.Route;
import dev.sluice.route.Route.Mode;
import dev.sluice.route.RouteTable;
import dev.sluice.route.RouteTable.Match;
import reactor.core.publisher.Mono;

/** Finds the route of a request, which says whether this client may use it now and what becomes of what it sends. */
final class RouteHandler {

    private final RouteTable routes;
    private final ClientLimits limits;
    private final AcceptHandler accept;
    private final PassThrough passThrough;

    RouteHandler(RouteTable routes, ClientLimits limits, AcceptHandler accept, PassThrough passThrough) {
        this.routes = routes;
        this.limits = limits;
        this.accept = accept;
        this.passThrough = passThrough;
    }

    /** Handles a request that is not about a job. */
    Mono<Void> handle(Exchange exchange) {
        Route route = route(exchange);
        if (route.mode() != Mode.SYNC) {
            exchange.response().always(HeaderNames.VARY, Preferences.NAME);
        }
        requireWithinLimit(exchange, route);
        if (MaxForwards.endHere(exchange)) {
            return MaxForwards.answer(exchange, route);
        }
        return route.mode() == Mode.SYNC ? passThrough.handle(exchange, route) : accept.handle(exchange, route);
    }

    private void requireWithinLimit(Exchange exchange, Route route) {
        RateLimit limit = route.rateLimit();
        if (limit == null) {
            return;
        }
        ClientLimits.Decision decision = limits.tryAcquire(route, client(exchange, limit.by()));
        if (!decision.allowed()) {
            throw new ProblemException(
                            Problem.RATE_LIMITED,
                            "This client sends more requests than the route takes from one; nothing was accepted. Send"
                                    + " the next one after the seconds in Retry-After.")
                    .with(HeaderNames.RETRY_AFTER, Long.toString(decision.retryAfterSeconds()))
                    .with(HeaderNames.RATE_LIMIT_POLICY, decision.policyField())
                    .with(HeaderNames.RATE_LIMIT, decision.field());
        }
    }

    private static String client(Exchange exchange, RateLimit.By by) {
        if (by instanceof RateLimit.By.Header header) {
            String value = exchange.field(header.name());
            return value == null ? "" : value;
        }
        return exchange.client().client();
    }

    private Route route(Exchange exchange) {
        Match match = routes.match(exchange);
        if (match instanceof Match.Found found) {
            exchange.response().backends();
            return found.route();
        } else if (match instanceof Match.OtherMethods other) {
            exchange.response().backends();
            exchange.response().always(HeaderNames.VARY, Preferences.NAME);
            throw Problems.methodNotAllowed(exchange.method(), String.join(", ", other.allowed()));
        }
        throw new ProblemException(
                Problem.NO_ROUTE, "No route has this path; look at the path and at the gateway's routes.");
    }
}
