package dev.sluice.management;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.function.server.ServerRequest;

/**
 * Tells requests that a page of another site makes an operator's browser send, which reaches a listener on loopback as if
 * the operator had sent them. Browsers say so in {@code Sec-Fetch-Site}, or older ones in {@code Origin}; other clients send
 * neither.
 */
final class CrossSite {

    private static final String SITE = "Sec-Fetch-Site";

    private CrossSite() {}

    /**
     * Lets pass what an operator asked for.
     *
     * @throws ProblemException {@code bad-request} for what another site's page did
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
