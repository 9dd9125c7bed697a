/**
 * HTTP in: the public listener, a WebFlux application. {@link dev.sluice.ingress.PublicChain} says which filters a request goes
 * through and who answers errors; {@link dev.sluice.ingress.PublicRoutes} shows every public URL on one screen.
 * {@link dev.sluice.ingress.Resources} makes its router functions; {@link dev.sluice.ingress.CallerKey} says what tells the
 * callers of a route apart.
 *
 * <p>{@link dev.sluice.ingress.RouteFinder} finds the configured route of a request and
 * {@link dev.sluice.ingress.RouteHandler} applies its limits;
 * {@link dev.sluice.ingress.AcceptHandler} makes a job of it and {@link dev.sluice.ingress.AcceptResponses} answers, at once
 * with 202 or after a wait with the backend's response; {@link dev.sluice.ingress.PassThrough} streams it through without a
 * job. {@link dev.sluice.ingress.JobHandler}, {@link dev.sluice.ingress.ResultHandler} and
 * {@link dev.sluice.ingress.EventsHandler} serve the jobs, {@link dev.sluice.ingress.CompletionHandler} takes the answers that
 * backends send later, and {@link dev.sluice.ingress.GroupHandler}, {@link dev.sluice.ingress.MembersHandler} and
 * {@link dev.sluice.ingress.GroupEventsHandler} serve groups.
 *
 * <p>Below the handlers are sub-packages, each of which uses only those before it:
 *
 * <ol>
 *   <li>{@code problem}: how a request is refused.
 *   <li>{@code header}: what a client may say in header fields, one small reader each, without I/O.
 *   <li>{@code forwarded}: where a request comes from, and which of its fields go beyond the gateway.
 *   <li>{@code connection}: what guards the socket.
 *   <li>{@code exchange}: the adapter between Reactor Netty and WebFlux, and a request and its response as handlers see them;
 *       no codecs, for a gateway moves bytes and fields.
 *   <li>{@code reply}: how jobs, results and problems are sent.
 * </ol>
 */
@NullMarked
package dev.sluice.ingress;

import org.jspecify.annotations.NullMarked;
