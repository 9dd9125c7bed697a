package dev.sluice.ingress;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendRequest;
import dev.sluice.backend.BackendResponse;
import dev.sluice.backend.Outcome;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.exchange.NettyResponse;
import dev.sluice.ingress.exchange.Response;
import dev.sluice.ingress.forwarded.EndToEndFields;
import dev.sluice.job.Failure;
import dev.sluice.job.JobRequest;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.Route;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Serves synchronous routes: the request goes to the backend and the answer to the client piece by piece, each at the pace
 * of whoever takes it; nothing is kept and no job is made. If either side goes, so does the connection to the other.
 *
 * <p>Bodies are byte arrays between the two, not buffers: the copies, and those to buffers of the socket, were 14 % of the
 * gateway's processor time with bodies of 1 MiB. Buffers would have to be released on every way that a call can end (a cancel, a
 * time-out, a limit, a repetition), and what waits for a slow client would hold on to whole receive buffers, of which only a
 * part is counted.
 */
final class PassThrough {

    /** When to come back for a connection to the backend: they change hands with every answer. */
    private static final Duration SHORTLY = Duration.ofSeconds(1);

    private final Backend backend;
    private final PassMeters meters;

    PassThrough(Backend backend, PassMeters meters) {
        this.backend = backend;
        this.meters = meters;
    }

    /** Passes the request on and its answer back, or refuses it. */
    Mono<Void> handle(Exchange exchange, Route route) {
        Requirements.check(exchange, route);
        Scheduler loop = exchange.loop();
        Mono<Void> passed = Mono.defer(() -> pass(exchange, route, loop));
        return exchange.length() < 0 ? passed.subscribeOn(loop) : passed; // a moment later its length may be known
    }

    private Mono<Void> pass(Exchange exchange, Route route, Scheduler loop) {
        JobRequest head = new JobRequest(
                exchange.method(),
                exchange.target().raw(),
                EndToEndFields.of(exchange.fields(), exchange.client(), false),
                exchange.connection());
        BackendRequest request = BackendRequest.passedThrough(
                head,
                exchange.length(),
                exchange.body(route.admission().maxRequest().toBytes()),
                exchange.takesTrailers());
        return backend.call(request, route.call(), answer -> receive(exchange, loop, answer))
                .publishOn(loop)
                .flatMap(outcome -> end(exchange, route, outcome));
    }

    private static Mono<BackendResponse> receive(Exchange exchange, Scheduler loop, BackendResponse answer) {
        return Mono.defer(() -> answer(exchange, answer)).subscribeOn(loop).thenReturn(answer);
    }

    private static Mono<Void> answer(Exchange exchange, BackendResponse given) {
        Response answer = exchange.response();
        int status = given.head().status();
        answer.withFields(given.head().headers(), exchange.prefix());
        if (exchange.hasUnread()) {
            answer.closing();
        }
        if (isEventStream(given)) {
            answer.unbuffered();
        }
        if (status == 204 || status == 205) { // RFC 9110: no content, whatever the fields say
            return given.body().then(answer.head(status, -1));
        } else if (status == 304 || exchange.isHead()) {
            return given.body().then(answer.head(status, given.length()));
        }
        return answer.pass(status, given.length(), given.body())
                .then(given.trailers())
                .doOnNext(answer::trailers)
                .then();
    }

    private static boolean isEventStream(BackendResponse given) {
        String type = given.head().headers().first("Content-Type").orElse("");
        return type.regionMatches(true, 0, "text/event-stream", 0, "text/event-stream".length());
    }

    private Mono<Void> end(Exchange exchange, Route route, Outcome<BackendResponse> outcome) {
        if (outcome instanceof Outcome.Failed<BackendResponse> failed) {
            return Mono.error(refusal(failed.failure())); // which cuts the connection if an answer has begun
        }
        meters.passed(route);
        return exchange.hasUnread()
                ? Mono.firstWithSignal(
                        exchange.drop(), Mono.delay(NettyResponse.LINGER).then())
                : Mono.empty();
    }

    private static ProblemException refusal(Failure failure) {
        ProblemException refusal = new ProblemException(failure);
        return failure.problem() == Problem.QUEUE_FULL ? refusal.retryAfter(SHORTLY) : refusal;
    }
}
