package dev.sluice.ingress;

import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import dev.sluice.representation.Representations.Resource;
import dev.sluice.route.AdmissionPolicy.Mode;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import dev.sluice.route.RouteTable.Match;

/** Finds the configured route of a request, and gives the response what every response of a route has. */
final class RouteFinder {

    private final CurrentRoutes routes;
    private final JobResponses responses;

    RouteFinder(CurrentRoutes routes, JobResponses responses) {
        this.routes = routes;
        this.responses = responses;
    }

    /**
     * The route of a request.
     *
     * @throws ProblemException {@code no-route}, or {@code method-not-allowed} if the routes of its path take other methods
     */
    Route find(Exchange exchange) {
        Match match = routes.match(exchange);
        if (match instanceof Match.Found found) {
            responses.choose(exchange, found.route().id(), Resource.ROUTE);
            exchange.response().backends();
            if (found.route().admission().mode() != Mode.SYNC) {
                exchange.response().always(HeaderNames.VARY, Preferences.NAME);
            }
            return found.route();
        }
        responses.choose(exchange, Resource.ROUTE);
        if (match instanceof Match.OtherMethods other) {
            exchange.response().backends();
            exchange.response().always(HeaderNames.VARY, Preferences.NAME);
            throw Problems.methodNotAllowed(exchange.method(), String.join(", ", other.allowed()));
        }
        throw new ProblemException(
                Problem.NO_ROUTE, "No route has this path; look at the path and at the gateway's routes.");
    }
}
