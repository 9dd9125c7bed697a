package dev.sluice.management;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.function.server.ServerRequest;

/**
 * Rejects cross-site requests. A page of another site can make an operator's browser send requests to a listener on loopback
 * as if the operator had sent them. Browsers mark such requests with {@code Sec-Fetch-Site}, older ones with {@code Origin};
 * other clients send neither.
 */
final class CrossSite {

    private static final String SITE = "Sec-Fetch-Site";

    private CrossSite() {}

    /**
     * Accepts requests of this listener's own pages and of clients that are not browsers.
     *
     * @throws ProblemException {@code bad-request} for a cross-site request
     */
    static void refuse(ServerRequest request) {
        HttpHeaders fields = request.headers().asHttpHeaders();
        String site = fields.getFirst(SITE);
        String origin = fields.getFirst(HttpHeaders.ORIGIN);
        boolean own = site == null
                ? origin == null || origin.endsWith("//" + fields.getFirst(HttpHeaders.HOST))
                : site.equals("same-origin") || site.equals("none");
        if (!own) {
            throw new ProblemException(
                    Problem.BAD_REQUEST, "The request was made by a page of another site; nothing is done for that.");
        }
    }
}
