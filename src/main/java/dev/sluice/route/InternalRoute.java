package dev.sluice.route;

/**
 * A route whose jobs the gateway makes itself, so that they are started, retried, listed and counted as all others. It is beside
 * the configured ones, takes no request and stays when they are replaced.
 *
 * @param route the route; what requests it would match is never asked
 */
public record InternalRoute(Route route) {}
