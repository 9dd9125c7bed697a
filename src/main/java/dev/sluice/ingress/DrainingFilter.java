package dev.sluice.ingress;

import dev.sluice.callbacks.Receivers;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.protection.Drain;
import dev.sluice.route.Route;
import java.time.Clock;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Refuses new work while the gateway is about to stop or an operator drains it: what a configured route would take,
 * and groups. Jobs are still served, and so is what makes no work. What no route takes, or its route cannot accept, is refused for that reason, which will be the same after the
 * restart.
 */
final class DrainingFilter implements WebFilter {

    private final Draining draining;
    private final Drain drain;
    private final OwnPaths own;
    private final RouteFinder routes;
    private final Receivers receivers;
    private final Clock clock;

    DrainingFilter(Draining draining, Drain drain, OwnPaths own, RouteFinder routes, Receivers receivers, Clock clock) {
        this.draining = draining;
        this.drain = drain;
        this.own = own;
        this.routes = routes;
        this.receivers = receivers;
        this.clock = clock;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange web, WebFilterChain chain) {
        if (!draining.begun() && drain.since() == null) {
            return chain.filter(web);
        }
        Exchange exchange = Exchange.of(web);
        if (own.isAllGroups(exchange.path()) && exchange.method().equals("POST")) {
            throw Problems.draining();
        } else if (own.isOfJobs(exchange.path()) || own.isOfGroups(exchange.path())) {
            return chain.filter(web);
        }
        Route route = routes.find(exchange);
        if (MaxForwards.endHere(exchange)) {
            return MaxForwards.answer(exchange, route);
        }
        Requirements.checkAll(exchange, route, receivers, clock.instant());
        throw Problems.draining();
    }

    @Override
    public String toString() {
        return "draining";
    }
}
