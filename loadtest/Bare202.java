import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.netty.http.server.HttpServer;

/**
 * What the gateway would be without a journal: a WebFlux functional handler on the same Reactor Netty with as many event
 * loops as cores, which reads the body, answers 202 with a JSON of the size of a job and stores nothing.
 */
public final class Bare202 {

    private static final String JOB = """
            {"id":"01k9zv7m2c4w8h0t5x1q3r6y9a","route":"accept","state":"queued",\
            "acceptedAt":"2026-11-23T13:41:07.123Z","attempt":0,"maxAttempts":5,"position":1,\
            "links":{"self":"/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a","events":"/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a/events",\
            "result":"/jobs/01k9zv7m2c4w8h0t5x1q3r6y9a/result"}}""";

    private Bare202() {}

    /** Takes the port. */
    public static void main(String[] args) {
        System.setProperty(
                "reactor.netty.ioWorkerCount",
                Integer.toString(Runtime.getRuntime().availableProcessors()));
        var routes = RouterFunctions.route()
                .POST("/**", request -> request.bodyToMono(byte[].class)
                        .then(ServerResponse.accepted()
                                .contentType(MediaType.APPLICATION_JSON)
                                .bodyValue(JOB)))
                .GET("/ready", request -> ServerResponse.noContent().build())
                .build();
        HttpServer.create()
                .host("127.0.0.1")
                .port(Integer.parseInt(args[0]))
                .handle(new ReactorHttpHandlerAdapter(RouterFunctions.toHttpHandler(routes)))
                .bindNow()
                .onDispose()
                .block();
    }
}
