package dev.sluice.ingress;

import dev.sluice.events.JobJson;
import dev.sluice.job.Problem;
import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;

/**
 * Answers errors, all of them: as {@code application/problem+json} (RFC 9457) while no answer has begun, else by closing
 * the connection. What nobody expected is logged here, once, and told to the client as {@code internal-error} and nothing
 * more.
 */
final class Problems {

    /** When to come back to a gateway that restarts, or whose disk is full. */
    static final Duration SOON = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    /**
     * How long to go on reading the body of a refused request before the connection is closed: closing at once would reset
     * it, and a client that is still sending would lose the answer.
     */
    static final Duration LINGER = Duration.ofSeconds(3);

    private final Map<Problem, Counter> refused = new EnumMap<>(Problem.class);

    Problems(MeterRegistry registry) {
        for (Problem problem : Problem.values()) {
            refused.put(
                    problem,
                    Counter.builder("sluice.refused")
                            .description("Requests answered with a problem")
                            .tag("problem", problem.text())
                            .register(registry));
        }
    }

    /** Answers a request that led to an error. */
    Mono<Void> answer(Exchange exchange, Throwable error) {
        Answer answer = exchange.answer();
        if (isOfTheConnection(error)) {
            answer.abort();
            return Mono.empty();
        }
        Refusal refusal = refusal(error);
        if (answer.begun()) {
            LOG.debug("An answer ended early: {}", refusal.getMessage());
            answer.abort();
            return Mono.empty();
        }
        return refuse(exchange, refusal);
    }

    /** Answers a request whose head cannot be used. */
    Mono<Void> refuseUnread(Answer answer, Refusal refusal) {
        prepare(answer, refusal);
        answer.closing();
        return answer.send(refusal.problem().status(), Fields.PROBLEM_JSON, body(refusal));
    }

    private Mono<Void> refuse(Exchange exchange, Refusal refusal) {
        Answer answer = exchange.answer();
        // A connection closed while a body, however small, is still on its way is reset, and the answer with it.
        boolean unread = exchange.hasMuchUnread() || (refusal.closes() && exchange.length() != 0);
        prepare(answer, refusal);
        if (refusal.closes() || unread) {
            answer.closing();
        }
        int status = refusal.problem().status();
        if (!unread || exchange.awaitsContinue() || exchange.isHead()) {
            return answer.send(status, Fields.PROBLEM_JSON, body(refusal));
        }
        return answer.begin(status, Fields.PROBLEM_JSON, body(refusal))
                .then(Mono.firstWithSignal(exchange.drop(), Mono.delay(LINGER).then()));
    }

    private void prepare(Answer answer, Refusal refusal) {
        count(refusal);
        answer.reset();
        List<CharSequence> fields = refusal.fields();
        for (int i = 0; i < fields.size(); i += 2) {
            answer.with(fields.get(i), fields.get(i + 1));
        }
        answer.with(Fields.CACHE_CONTROL, Fields.NO_STORE);
        if (answer.isBackends()) {
            answer.with(ProxyStatus.NAME, ProxyStatus.of(refusal.failure()));
        }
    }

    private static byte[] body(Refusal refusal) {
        return JobJson.problem(refusal.failure());
    }

    private Refusal refusal(Throwable error) {
        if (error instanceof Refusal refusal) {
            return refusal;
        } else if (error instanceof JobErasedException) {
            return Refusals.expired();
        } else if (error instanceof JournalUnavailableException) {
            return new Refusal(
                            Problem.JOURNAL_UNAVAILABLE,
                            "The gateway cannot reach its stable storage at present; nothing was accepted. Try again.")
                    .retryAfter(SOON);
        } else if (error instanceof JournalOverloadedException) {
            return new Refusal(
                            Problem.QUEUE_FULL,
                            "More requests arrive than can be put on stable storage; nothing was accepted. Try again.")
                    .retryAfter(Duration.ofSeconds(1));
        }
        LOG.error("A request failed for a reason nobody expected", error);
        return new Refusal(
                Problem.INTERNAL_ERROR,
                "The gateway failed to handle the request; the operator finds the reason in its log.");
    }

    private void count(Refusal refusal) {
        Counter counter = refused.get(refusal.problem());
        if (counter != null) {
            counter.increment();
        }
    }

    /** The client is gone, or cut its request short: there is nobody to answer. */
    private static boolean isOfTheConnection(Throwable error) {
        return error instanceof AbortedException || error instanceof IOException;
    }
}
