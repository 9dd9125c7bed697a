package dev.sluice.loadtest.load;

import io.netty.buffer.Unpooled;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.resources.ConnectionProvider;

/** A client of the gateway for loads that are not as fast as it can: sends requests, follows events. Non-blocking. */
public final class Client implements AutoCloseable {

    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(30);

    private final ConnectionProvider connections;
    private final HttpClient http;

    /**
     * A 202.
     *
     * @param job the path of the job
     */
    public record Accepted(String job) {}

    /**
     * An answer that was not the one expected. Its message says which it was.
     */
    public static final class UnexpectedAnswerException extends RuntimeException {

        private final int status;
        private final String retryAfter;

        UnexpectedAnswerException(URI url, HttpClientResponse answer) {
            super(url + " answered " + answer.status().code());
            this.status = answer.status().code();
            this.retryAfter = answer.responseHeaders().get("Retry-After", "");
        }

        public int status() {
            return status;
        }

        /** The value of its field {@code Retry-After}; empty if it has none. */
        public String retryAfter() {
            return retryAfter;
        }
    }

    /** A client with connections of its own, which are kept for reuse. */
    public Client(String name, int mostConnections) {
        connections = ConnectionProvider.builder(name)
                .maxConnections(mostConnections)
                .pendingAcquireMaxCount(mostConnections)
                .pendingAcquireTimeout(LONGEST_CONNECT)
                .lifo()
                .build();
        http = HttpClient.create(connections);
    }

    /** Posts a body; an error unless the answer is 202. */
    public Mono<Accepted> submit(URI url, byte[] body) {
        return submit(url, body, Map.of());
    }

    /** The same with more headers. */
    public Mono<Accepted> submit(URI url, byte[] body, Map<String, String> headers) {
        return http.headers(fields -> {
                    fields.set("Content-Type", "application/json");
                    headers.forEach(fields::set);
                })
                .post()
                .uri(url)
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body)))
                .responseSingle((answer, rest) -> {
                    String location = answer.responseHeaders().get("Location", "");
                    return rest.then(
                            answer.status().code() == 202
                                    ? Mono.just(
                                            new Accepted(URI.create(location).getRawPath()))
                                    : Mono.error(new UnexpectedAnswerException(url, answer)));
                });
    }

    /** Posts a body and reads the answer, whatever it is; gives its status. */
    public Mono<Integer> post(URI url, byte[] body) {
        return http.post()
                .uri(url)
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body)))
                .responseSingle(
                        (answer, rest) -> rest.then(Mono.just(answer.status().code())));
    }

    /** Follows events until the stream ends or the subscriber has enough, which closes the connection. */
    public Flux<Event> events(URI url) {
        return events(url, "");
    }

    /**
     * Resumes after an event.
     *
     * @param lastEventId empty for the beginning
     */
    public Flux<Event> events(URI url, String lastEventId) {
        return Flux.defer(() -> {
            EventParser parser = new EventParser();
            return http.headers(fields -> {
                        fields.set("Accept", "text/event-stream");
                        if (!lastEventId.isEmpty()) {
                            fields.set("Last-Event-ID", lastEventId);
                        }
                    })
                    .get()
                    .uri(url)
                    .response((answer, body) -> answer.status().code() == 200
                            ? body.concatMapIterable(parser::feed)
                            : body.thenMany(
                                    answer.status().code() == 204
                                            ? Flux.<Event>empty()
                                            : Flux.<Event>error(new UnexpectedAnswerException(url, answer))));
        });
    }

    @Override
    public void close() {
        connections.disposeLater().block(LONGEST_CONNECT);
    }
}
