/**
 * HTTP in: what strangers and clients reach. {@link dev.sluice.ingress.PublicRoutes} shows every public URL on one screen.
 * {@link dev.sluice.ingress.RouteHandler} finds the configured route of a request;
 * {@link dev.sluice.ingress.AcceptHandler} makes a job of it and {@link dev.sluice.ingress.Replies} answers, at once or
 * with what the backend has answered by then, as {@link dev.sluice.ingress.Patience} says;
 * {@link dev.sluice.ingress.PassThrough} streams it through without a job. {@link dev.sluice.ingress.JobHandler},
 * {@link dev.sluice.ingress.ResultHandler} and {@link dev.sluice.ingress.EventsHandler} serve the jobs.
 * {@link dev.sluice.ingress.Problems} renders every refusal.
 *
 * <p>What clients may say in header fields is read by one small class each, without I/O:
 * {@link dev.sluice.ingress.Preferences}, {@link dev.sluice.ingress.Priority}, {@link dev.sluice.ingress.Timing},
 * {@link dev.sluice.ingress.ByteRange}, {@link dev.sluice.ingress.Cors}, {@link dev.sluice.ingress.TrustedProxies}.
 *
 * <p>The public listener is a WebFlux application: {@link dev.sluice.ingress.PublicChain} says which filters a request goes
 * through and who answers errors. Below WebFlux are only {@link dev.sluice.ingress.NettyRequest} and
 * {@link dev.sluice.ingress.NettyResponse}, which keep targets as they were sent, and the guards of the connection. The
 * handlers see of all that an {@link dev.sluice.ingress.Exchange}, a request as the filters have left it, and its
 * {@link dev.sluice.ingress.Answer}; no codecs, for a gateway moves bytes and fields.
 */
@NullMarked
package dev.sluice.ingress;

import org.jspecify.annotations.NullMarked;
