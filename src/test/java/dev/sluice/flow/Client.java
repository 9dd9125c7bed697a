package dev.sluice.flow;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client of the public listener that never repeats a request by itself. */
final class Client {

    static final Duration LIMIT = Duration.ofSeconds(60);

    private static final JsonMapper JSON = new JsonMapper();

    static {
        JSON.readTree("{}"); // finds its reader under a lock, once, on which event loops must not meet
    }

    /** An answer that came in whole. */
    record Answer(int status, HttpHeaders headers, String body) {
        JsonNode json() {
            return JSON.readTree(body);
        }
    }

    /** One event of a stream. */
    record Event(String id, String name, String data) {
        JsonNode json() {
            return JSON.readTree(data);
        }
    }

    private final HttpClient http;

    Client(String url) {
        this(url, 64);
    }

    /** With that many connections at most. */
    Client(String url, int connections) {
        this(HttpClient.create(ConnectionProvider.create("crash", connections)), url);
    }

    /** Of another kind. */
    Client(HttpClient kind, String url) {
        http = kind.baseUrl(url).disableRetry(true).responseTimeout(LIMIT);
    }

    /** Whether an error is what a client sees of a server that is gone. */
    static boolean connectionLost(Throwable error) {
        return error instanceof IOException || error instanceof AbortedException;
    }

    HttpClient http() {
        return http;
    }

    Mono<Answer> post(String path, @Nullable String key, String body) {
        return post(path, key, null, body);
    }

    /** Sends a request for a job of a group, if one is named. */
    Mono<Answer> post(String path, @Nullable String key, @Nullable String group, String body) {
        return http.headers(headers -> {
                    headers.set("Content-Type", "application/json");
                    if (key != null) {
                        headers.set("Idempotency-Key", key);
                    }
                    if (group != null) {
                        headers.set("Sluice-Group", group);
                    }
                })
                .post()
                .uri(path)
                .send(ByteBufFlux.fromString(Mono.just(body)))
                .responseSingle((head, content) -> content.asString()
                        .defaultIfEmpty("")
                        .map(text -> new Answer(head.status().code(), head.responseHeaders(), text)));
    }

    Mono<Answer> get(String path, String... fields) {
        return call("GET", path, "", fields);
    }

    /**
     * Sends a request and takes the whole answer.
     *
     * @param fields names and values in turn
     */
    Mono<Answer> call(String method, String path, String body, String... fields) {
        return http.headers(headers -> {
                    for (int i = 0; i < fields.length; i += 2) {
                        headers.add(fields[i], fields[i + 1]);
                    }
                    if (!body.isEmpty()) {
                        headers.set("Content-Length", body.length());
                    }
                })
                .request(HttpMethod.valueOf(method))
                .uri(path)
                .send(body.isEmpty() ? Mono.empty() : ByteBufFlux.fromString(Mono.just(body)))
                .responseSingle((head, content) -> content.asString()
                        .defaultIfEmpty("")
                        .map(text -> new Answer(head.status().code(), head.responseHeaders(), text)));
    }

    /** All events of a job, read until the gateway closes the stream, which it does after the last. */
    Mono<List<Event>> events(String job) {
        return events(job, piece -> {});
    }

    /**
     * As {@link #events(String)}.
     *
     * @param told is given each piece of the stream as it comes
     */
    Mono<List<Event>> events(String job, Consumer<String> told) {
        return http.get()
                .uri("/jobs/" + job + "/events")
                .response((head, content) -> head.status().code() == 200
                        ? content.asString().doOnNext(told)
                        : Mono.error(new AssertionError("events of " + job + ": " + head.status())))
                .collect(Collectors.joining())
                .map(Client::parse);
    }

    /** The events that a stream told. */
    static List<Event> parse(String stream) {
        List<Event> events = new ArrayList<>();
        for (String block : stream.split("\n\n")) {
            String data = field(block, "data");
            if (!data.isEmpty()) {
                events.add(new Event(field(block, "id"), field(block, "event"), data));
            }
        }
        return events;
    }

    private static String field(String block, String name) {
        StringBuilder value = new StringBuilder();
        for (String line : block.split("\n")) {
            if (line.startsWith(name + ":")) {
                value.append(value.isEmpty() ? "" : "\n")
                        .append(line.substring(name.length() + 1).strip());
            }
        }
        return value.toString();
    }
}
