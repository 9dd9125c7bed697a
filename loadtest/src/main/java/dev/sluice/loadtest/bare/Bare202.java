package dev.sluice.loadtest.bare;

import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.charset.StandardCharsets;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * What the gateway would be without a journal: on the same Reactor Netty with as many event loops as cores, reads the body,
 * answers 202 with a JSON of the size of a job and stores nothing. As a WebFlux functional handler, which is the stack of the
 * gateway, or, told {@code raw}, as a function of Reactor Netty, which is the least that any server on it costs.
 */
public final class Bare202 {

    private static final String JOB = """
            {"id":"01k9zv7m2c4w8h0t5x1q3r6y9a","route":"accept","state":"queued",\
            "acceptedAt":"2026-11-23T13:41:07.123Z","attempt":0,"maxAttempts":5,"position":1,\
            "links":{"self":"/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a","events":"/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a/events",\
            "result":"/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a/result"}}""";

    private static final byte[] BYTES = JOB.getBytes(StandardCharsets.US_ASCII);

    private Bare202() {}

    /** Takes the port, and {@code raw} or nothing. */
    public static void main(String[] args) {
        System.setProperty(
                "reactor.netty.ioWorkerCount",
                Integer.toString(Runtime.getRuntime().availableProcessors()));
        boolean raw = args.length > 1 && args[1].equals("raw");
        HttpServer server = HttpServer.create().host("127.0.0.1").port(Integer.parseInt(args[0]));
        (raw ? server.handle(Bare202::raw) : server.handle(webFlux()))
                .bindNow()
                .onDispose()
                .block();
    }

    private static ReactorHttpHandlerAdapter webFlux() {
        var routes = RouterFunctions.route()
                .POST(
                        "/**",
                        request -> request.bodyToMono(byte[].class)
                                .then(ServerResponse.accepted()
                                        .contentType(MediaType.APPLICATION_JSON)
                                        .bodyValue(JOB)))
                .GET("/ready", request -> ServerResponse.noContent().build())
                .build();
        return new ReactorHttpHandlerAdapter(RouterFunctions.toHttpHandler(routes));
    }

    private static Mono<Void> raw(HttpServerRequest request, HttpServerResponse response) {
        response.status(202)
                .header(HttpHeaderNames.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE)
                .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(BYTES.length));
        return request.receive()
                .aggregate()
                .then(Mono.defer(() -> response.sendByteArray(Mono.just(BYTES)).then()));
    }
}
