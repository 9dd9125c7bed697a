/**
 * HTTP in: what strangers and clients reach. {@link dev.sluice.ingress.PublicRoutes} shows every public URL on one screen;
 * behind each stands one handler: {@link dev.sluice.ingress.AcceptHandler} makes jobs of requests,
 * {@link dev.sluice.ingress.JobHandler}, {@link dev.sluice.ingress.ResultHandler} and
 * {@link dev.sluice.ingress.EventsHandler} serve them. {@link dev.sluice.ingress.Problems} renders every refusal.
 *
 * <p>The handlers sit on Spring Boot's Reactor Netty server, below WebFlux's exchanges and codecs: a gateway moves bytes and
 * fields and needs neither.
 * {@link dev.sluice.ingress.Exchange} is all of Reactor Netty that the handlers see.
 */
@NullMarked
package dev.sluice.ingress;

import org.jspecify.annotations.NullMarked;
