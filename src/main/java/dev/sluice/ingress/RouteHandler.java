package dev.sluice.ingress;

import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.queue.ClientLimits;
import dev.sluice.representation.Limit;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.AdmissionPolicy.Mode;
import dev.sluice.route.RateLimit;
import dev.sluice.route.Route;
import dev.sluice.waiting.WaitingBytes;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/** Asks the route of a request whether this client may use it now, and what becomes of what it sends. */
final class RouteHandler implements WebHandler {

    private final RouteFinder routes;
    private final ClientLimits limits;
    private final AcceptHandler accept;
    private final PassThrough passThrough;
    private final WaitingBytes waiting;

    RouteHandler(
            RouteFinder routes,
            ClientLimits limits,
            AcceptHandler accept,
            PassThrough passThrough,
            WaitingBytes waiting) {
        this.routes = routes;
        this.limits = limits;
        this.accept = accept;
        this.passThrough = passThrough;
        this.waiting = waiting;
    }

    /** Handles a request that is not about a job. */
    @Override
    public Mono<Void> handle(ServerWebExchange web) {
        Exchange exchange = Exchange.of(web);
        Route route = routes.find(exchange);
        requireWithinLimit(exchange, route);
        if (MaxForwards.endHere(exchange)) {
            return MaxForwards.answer(exchange, route);
        }
        if (waiting.isExhausted() && exchange.length() != 0) {
            throw Problems.tooManyBodies();
        }
        return route.admission().mode() == Mode.SYNC
                ? passThrough.handle(exchange, route)
                : accept.handle(exchange, route);
    }

    private void requireWithinLimit(Exchange exchange, Route route) {
        RateLimit limit = route.admission().rateLimit();
        if (limit == null || !limit.limitsRequests()) {
            return;
        }
        ClientLimits.Decision decision = limits.tryAcquire(route, CallerKey.of(exchange, limit.by()));
        if (!decision.allowed()) {
            throw new ProblemException(
                            Limit.CLIENT_RATE,
                            "This client sends more requests than the route takes from one; nothing was accepted. Send"
                                    + " the next one after the seconds in Retry-After.")
                    .with(HeaderNames.RETRY_AFTER, Long.toString(decision.retryAfterSeconds()))
                    .with(HeaderNames.RATE_LIMIT_POLICY, decision.policyField())
                    .with(HeaderNames.RATE_LIMIT, decision.field());
        }
    }
}
