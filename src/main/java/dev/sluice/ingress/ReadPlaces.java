package dev.sluice.ingress;

import dev.sluice.ingress.connection.ConnectionLimit;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.representation.Limit;
import dev.sluice.representation.ProblemException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The places of those who read jobs, results and events. An overloaded node sheds readers rather than letting them queue for
 * the journal, where they would wait longer than they are willing to; and waiting clients leave connections for others.
 */
final class ReadPlaces {

    /** Bytes that an answer holds at most: what is written to the client, and the next piece. */
    private static final long COST = 128 * 1024;

    private final Places reads;
    private final Places longPolls;
    private final Places streams;
    private final Counter shed;

    ReadPlaces(IngressProperties settings, MeterRegistry registry) {
        int connections = ConnectionLimit.usual();
        reads = new Places(or(settings.maxReads(), Runtime.getRuntime().maxMemory() / 4 / COST));
        longPolls = new Places(or(settings.maxLongPolls(), connections / 4));
        streams = new Places(or(settings.maxStreams(), connections / 8L * 5));
        Map.of("answer", reads, "long-poll", longPolls, "stream", streams)
                .forEach((kind, places) -> Gauge.builder("sluice.reads", places::taken)
                        .description("Requests for jobs, results and events that are under way")
                        .tag("kind", kind)
                        .register(registry));
        shed = Counter.builder("sluice.events.refused")
                .description("Readers of events told to come back later because there were too many")
                .register(registry);
    }

    /** Answers a request for a job or a result, which may wait for the job. */
    Mono<Void> answer(WaitPreference wait, Supplier<Mono<Void>> answer) {
        return wait.none()
                ? reads.with(answer, () -> Mono.error(tooManyReads()))
                : longPolls.with(answer, () -> Mono.error(tooManyLongPolls()));
    }

    /** Answers a request for a part of an output. */
    Mono<Void> read(Supplier<Mono<Void>> answer) {
        return answer(WaitPreference.NONE, answer);
    }

    /** Lets the request that made a job wait for its response, or answers it at once. */
    <T> Mono<T> awaitResponse(Supplier<Mono<T>> waiting, Supplier<Mono<T>> atOnce) {
        return longPolls.with(waiting, atOnce);
    }

    /** Streams events, or tells the reader to come back later. */
    Mono<Void> stream(Exchange exchange, Supplier<Mono<Void>> streaming, Supplier<Mono<Void>> later) {
        return streams.with(streaming, leave -> exchange.response().whenOver(leave), () -> {
            shed.increment();
            return later.get();
        });
    }

    /** Streams an output, or refuses to. */
    Mono<Void> output(Supplier<Mono<Void>> streaming) {
        return streams.with(streaming, () -> {
            shed.increment();
            return Mono.error(tooManyStreams());
        });
    }

    /** Streams the answer to the request that made a job, or answers it at once. */
    Mono<Void> answerLive(Supplier<Mono<Void>> streaming, Supplier<Mono<Void>> atOnce) {
        return streams.with(streaming, atOnce);
    }

    /** Lets a reader of an output wait for more of it. */
    <T> Mono<T> longPoll(Supplier<Mono<T>> waiting) {
        return longPolls.with(waiting, () -> Mono.error(tooManyLongPolls()));
    }

    private static ProblemException tooManyStreams() {
        return new ProblemException(
                        Limit.STREAMS,
                        "More outputs are being streamed than this node streams at once. Try again later.")
                .retryAfter(seconds(5));
    }

    private static ProblemException tooManyReads() {
        return new ProblemException(
                        Limit.READS,
                        "More requests for jobs and results are being answered than this node answers at once. Try"
                                + " again.")
                .retryAfter(seconds(1));
    }

    private static ProblemException tooManyLongPolls() {
        return new ProblemException(
                        Limit.LONG_POLLS,
                        "More clients wait on this node than may. Try again later, or without Prefer: wait.")
                .retryAfter(seconds(5));
    }

    private static int or(@Nullable Integer set, long usual) {
        return set != null ? set : (int) Math.max(1, Math.min(usual, Integer.MAX_VALUE));
    }

    private static Duration seconds(long least) {
        return Duration.ofSeconds(least + ThreadLocalRandom.current().nextLong(least + 1));
    }
}
