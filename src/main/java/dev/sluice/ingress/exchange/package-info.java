/**
 * The adapter from Reactor Netty to WebFlux, which keeps request targets as they were sent, and the view of requests and responses
 * that handlers use.
 */
@NullMarked
package dev.sluice.ingress.exchange;

import org.jspecify.annotations.NullMarked;
