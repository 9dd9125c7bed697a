package dev.sluice.management;

import dev.sluice.events.JobJson;
import dev.sluice.events.JsonWriter;
import dev.sluice.job.Problem;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;

/**
 * Answers errors of the management listener as {@code application/problem+json}, the actuator's included: those that the
 * gateway has a name for as on the public listener, the others as {@code about:blank}.
 */
final class ManagementErrors implements WebExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ManagementErrors.class);

    private static final String SOON = "5";

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable error) {
        ServerHttpResponse response = exchange.getResponse();
        if (response.isCommitted()) {
            return Mono.error(error);
        }
        response.getHeaders().clear();
        if (error instanceof ErrorResponse answer) {
            response.getHeaders().putAll(answer.getHeaders());
            HttpStatus status = HttpStatus.resolve(answer.getStatusCode().value());
            return answer(exchange, status == null ? HttpStatus.INTERNAL_SERVER_ERROR : status);
        }
        Refusal refusal = refusal(error);
        response.getHeaders().putAll(refusal.fields());
        return answer(exchange, refusal.problem(), refusal.detail());
    }

    /** What an error is told as; one that nobody expected is logged here, once. */
    static Refusal refusal(Throwable error) {
        if (error instanceof Refusal refusal) {
            return refusal;
        } else if (error instanceof JobErasedException) {
            return Refusal.expired();
        } else if (error instanceof JournalUnavailableException) {
            return new Refusal(
                            Problem.JOURNAL_UNAVAILABLE,
                            "The gateway cannot reach its stable storage at present. Try again.")
                    .with(HttpHeaders.RETRY_AFTER, SOON);
        } else if (error instanceof JournalOverloadedException) {
            return new Refusal(Problem.QUEUE_FULL, "More arrives than can be put on stable storage. Try again.")
                    .with(HttpHeaders.RETRY_AFTER, SOON);
        }
        LOG.error("A request of the management listener failed for a reason nobody expected", error);
        return new Refusal(
                Problem.INTERNAL_ERROR, "The gateway failed to handle the request; the reason is in its log.");
    }

    /** Errors of Spring's, of which nothing but the status is told. */
    private static Mono<Void> answer(ServerWebExchange exchange, HttpStatus status) {
        return switch (status) {
            case NOT_FOUND -> answer(exchange, Problem.NO_ROUTE, "Nothing is served under this URL on this listener.");
            case METHOD_NOT_ALLOWED ->
                answer(exchange, Problem.METHOD_NOT_ALLOWED, "This URL takes other methods, named by Allow.");
            case UNSUPPORTED_MEDIA_TYPE ->
                answer(exchange, Problem.UNSUPPORTED_MEDIA_TYPE, "This URL takes other media types.");
            case BAD_REQUEST ->
                answer(exchange, Problem.BAD_REQUEST, "The request is malformed, or a parameter of it is.");
            default ->
                write(
                        exchange,
                        status.value(),
                        new JsonWriter()
                                .begin()
                                .member("type", "about:blank")
                                .member("title", status.getReasonPhrase())
                                .member("status", status.value())
                                .member("detail", "The request cannot be answered.")
                                .member("retryable", false)
                                .end()
                                .bytes());
        };
    }

    private static Mono<Void> answer(ServerWebExchange exchange, Problem problem, String detail) {
        return write(exchange, problem.status(), JobJson.problem(problem, detail));
    }

    private static Mono<Void> write(ServerWebExchange exchange, int status, byte[] body) {
        ServerHttpResponse response = exchange.getResponse();
        response.setRawStatusCode(status);
        response.getHeaders().setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        response.getHeaders().setCacheControl("no-store");
        response.getHeaders().setContentLength(body.length);
        return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
    }
}
