package dev.sluice.ingress.reply;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.exchange.NettyResponse;
import dev.sluice.ingress.exchange.Response;
import dev.sluice.ingress.header.ProxyStatus;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.Problem;
import dev.sluice.journal.GroupClosedException;
import dev.sluice.journal.GroupUnknownException;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.JournalFullException;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.representation.JobRepresentation;
import dev.sluice.representation.Limit;
import dev.sluice.representation.ProblemDocument;
import dev.sluice.representation.ProblemException;
import dev.sluice.representation.RenderedResponse;
import dev.sluice.representation.Representations;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;

/**
 * Answers all errors: with a problem document (RFC 9457) as long as no response has begun, else by aborting the connection.
 * Unexpected errors are logged here, once, and answered with {@code internal-error} without any detail.
 */
public final class ProblemHandler implements WebExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ProblemHandler.class);

    private final Representations representations;
    private final Map<Problem, Counter> refused = new EnumMap<>(Problem.class);
    private final Map<Limit, Counter> limited = new EnumMap<>(Limit.class);
    private final Counter unnamed;

    public ProblemHandler(Representations representations, MeterRegistry registry) {
        this.representations = representations;
        for (Problem problem : Problem.values()) {
            refused.put(problem, counter(problem.text(), "none", registry));
        }
        for (Limit limit : Limit.values()) {
            limited.put(limit, counter(limit.problem().text(), limit.text(), registry));
        }
        unnamed = counter("about:blank", "none", registry);
    }

    private static Counter counter(String problem, String limit, MeterRegistry registry) {
        return Counter.builder("sluice.refused")
                .description("Requests answered with a problem")
                .tag("problem", problem)
                .tag("limit", limit)
                .register(registry);
    }

    @Override
    public Mono<Void> handle(ServerWebExchange web, Throwable error) {
        NettyResponse response = NettyResponse.of(web);
        if (isOfTheConnection(error)) {
            response.abort();
            return Mono.empty();
        } else if (response.begun()) {
            LOG.debug("An answer ended early", error);
            response.abort();
            return Mono.empty();
        }
        return response.request().inLoop(() -> answer(web, response, error)).onErrorResume(broken -> {
            LOG.debug("A problem could not be sent", broken);
            response.abort();
            return Mono.empty();
        });
    }

    private Mono<Void> answer(ServerWebExchange web, NettyResponse response, Throwable error) {
        Exchange exchange = Exchange.latest(web);
        if (error instanceof ErrorResponse spring) {
            return answer(exchange == null ? new Response(web.getResponse(), response) : exchange.response(), spring);
        }
        ProblemException refusal = refusal(error);
        return exchange == null
                ? refuse(new Response(web.getResponse(), response), refusal)
                : refuse(exchange, refusal);
    }

    /** An exception of Spring's, which has a status and fields and no name of ours. */
    private Mono<Void> answer(Response answer, ErrorResponse error) {
        unnamed.increment();
        int status = error.getStatusCode().value();
        HttpStatus named = HttpStatus.resolve(status);
        String title = named == null ? Integer.toString(status) : named.getReasonPhrase();
        RenderedResponse rendered = prepare(answer, ProblemDocument.blank(status, title, null));
        error.getHeaders().forEach((name, values) -> values.forEach(value -> answer.with(name, value)));
        if (answer.isBackends()) {
            answer.with(ProxyStatus.NAME, ProxyStatus.UNNAMED);
        }
        return answer.sendBody(rendered);
    }

    /** Answers a request that no handler has seen. */
    private Mono<Void> refuse(Response answer, ProblemException refusal) {
        RenderedResponse rendered = prepare(answer, refusal);
        answer.closing();
        return answer.sendBody(rendered);
    }

    private Mono<Void> refuse(Exchange exchange, ProblemException refusal) {
        Response answer = exchange.response();
        // A connection closed while a body, however small, is still on its way is reset, and the answer with it.
        boolean unread = exchange.hasMuchUnread() || (refusal.closes() && exchange.length() != 0);
        RenderedResponse rendered = prepare(answer, refusal);
        if (refusal.closes() || unread) {
            answer.closing();
        }
        if (unread && !exchange.awaitsContinue() && !exchange.isHead()) {
            answer.lingering();
        }
        return answer.sendBody(rendered);
    }

    private RenderedResponse prepare(Response answer, ProblemException refusal) {
        count(refusal);
        RenderedResponse rendered = prepare(answer, ProblemDocument.of(refusal.failure()));
        answer.add(refusal.fields());
        if (answer.isBackends()) {
            answer.with(ProxyStatus.NAME, ProxyStatus.of(refusal.failure()));
        }
        return rendered;
    }

    private RenderedResponse prepare(Response answer, ProblemDocument problem) {
        RenderedResponse rendered = representation(answer).problem(problem);
        answer.reset();
        answer.add(rendered.fields());
        return rendered;
    }

    private JobRepresentation representation(Response answer) {
        JobRepresentation chosen = answer.representation();
        return chosen == null ? representations.usual() : chosen;
    }

    private ProblemException refusal(Throwable error) {
        if (error instanceof ProblemException refusal) {
            return refusal;
        } else if (error instanceof JobErasedException) {
            return Problems.expired();
        } else if (error instanceof GroupUnknownException) {
            return Problems.noGroup();
        } else if (error instanceof GroupClosedException) {
            return Problems.groupClosed();
        } else if (error instanceof JournalUnavailableException) {
            return new ProblemException(
                            Problem.JOURNAL_UNAVAILABLE,
                            "The gateway cannot reach its stable storage at present; nothing was accepted. Try again.")
                    .retryAfter(Problems.SOON);
        } else if (error instanceof JournalFullException) {
            return Problems.noSpace();
        } else if (error instanceof JournalOverloadedException) {
            return new ProblemException(
                            Limit.JOURNAL_WORK,
                            "More requests arrive than can be put on stable storage; nothing was accepted. Try again.")
                    .retryAfter(Duration.ofSeconds(1));
        }
        LOG.error("A request failed for a reason nobody expected", error);
        return new ProblemException(
                Problem.INTERNAL_ERROR,
                "The gateway failed to handle the request; the operator finds the reason in its log.");
    }

    private void count(ProblemException refusal) {
        Limit limit = refusal.limit();
        Counter counter = limit == null ? refused.get(refusal.problem()) : limited.get(limit);
        if (counter != null) {
            counter.increment();
        }
    }

    /** The client is gone, or its request was cut short: nobody can be answered. */
    private static boolean isOfTheConnection(Throwable error) {
        return error instanceof AbortedException || error instanceof IOException;
    }
}
