package dev.sluice.management;

import dev.sluice.job.Failure;
import dev.sluice.job.Problem;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.JournalFullException;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.representation.JobRepresentation;
import dev.sluice.representation.ProblemDocument;
import dev.sluice.representation.ProblemException;
import dev.sluice.representation.RenderedResponse;
import dev.sluice.representation.Representations;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;

/**
 * Answers errors of the management listener, including those of the actuator, as on the public listener: problems that the
 * gateway has a name for with that, the others as {@code about:blank}.
 */
final class ManagementErrors implements WebExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ManagementErrors.class);

    private static final Duration SOON = Duration.ofSeconds(5);

    private final JobRepresentation representation;

    ManagementErrors(Representations representations) {
        this.representation = representations.usual();
    }

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
            return send(response, document(status == null ? HttpStatus.INTERNAL_SERVER_ERROR : status));
        }
        ProblemException problem = problem(error);
        add(response, problem.fields());
        return send(response, ProblemDocument.of(problem.failure()));
    }

    /** The problem that an error is answered with; an unexpected error is logged here, once. */
    static ProblemException problem(Throwable error) {
        if (error instanceof ProblemException problem) {
            return problem;
        } else if (error instanceof JobErasedException) {
            return ManagementProblems.expired();
        } else if (error instanceof JournalUnavailableException) {
            return new ProblemException(
                            Problem.JOURNAL_UNAVAILABLE,
                            "The gateway cannot reach its stable storage at present. Try again.")
                    .retryAfter(SOON);
        } else if (error instanceof JournalFullException) {
            return new ProblemException(
                            Problem.QUEUE_FULL, "Little space is left for new jobs. Free some, and try again.")
                    .retryAfter(SOON);
        } else if (error instanceof JournalOverloadedException) {
            return new ProblemException(
                            Problem.QUEUE_FULL, "More arrives than can be put on stable storage. Try again.")
                    .retryAfter(SOON);
        }
        LOG.error("A request of the management listener failed for a reason nobody expected", error);
        return new ProblemException(
                Problem.INTERNAL_ERROR, "The gateway failed to handle the request; the reason is in its log.");
    }

    /** Errors of Spring's, of which nothing but the status is shown. */
    private static ProblemDocument document(HttpStatus status) {
        return switch (status) {
            case NOT_FOUND -> named(Problem.NO_ROUTE, "Nothing is served under this URL on this listener.");
            case METHOD_NOT_ALLOWED ->
                named(Problem.METHOD_NOT_ALLOWED, "This URL takes other methods, named by Allow.");
            case UNSUPPORTED_MEDIA_TYPE -> named(Problem.UNSUPPORTED_MEDIA_TYPE, "This URL takes other media types.");
            case BAD_REQUEST -> named(Problem.BAD_REQUEST, "The request is malformed, or a parameter of it is.");
            default ->
                ProblemDocument.blank(status.value(), status.getReasonPhrase(), "The request cannot be answered.");
        };
    }

    private static ProblemDocument named(Problem problem, String detail) {
        return ProblemDocument.of(new Failure(problem, detail));
    }

    private Mono<Void> send(ServerHttpResponse response, ProblemDocument problem) {
        RenderedResponse rendered = representation.problem(problem);
        response.setRawStatusCode(rendered.status());
        add(response, rendered.fields());
        HttpHeaders headers = response.getHeaders();
        headers.set(HttpHeaders.CONTENT_TYPE, String.valueOf(rendered.contentType()));
        headers.setContentLength(rendered.body().length);
        return response.writeWith(Mono.just(response.bufferFactory().wrap(rendered.body())));
    }

    private static void add(ServerHttpResponse response, List<CharSequence> fields) {
        for (int i = 0; i < fields.size(); i += 2) {
            response.getHeaders()
                    .add(fields.get(i).toString(), fields.get(i + 1).toString());
        }
    }
}
