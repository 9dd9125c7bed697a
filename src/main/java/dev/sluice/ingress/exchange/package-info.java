/** Our adapter between Reactor Netty and WebFlux, which keeps targets as they were sent, and the request and the response as the handlers see them. */
@NullMarked
package dev.sluice.ingress.exchange;

import org.jspecify.annotations.NullMarked;
