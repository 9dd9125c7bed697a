package dev.sluice.demo;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/**
 * The demo backend: an HTTP server on the loopback address. It has an event loop of its own, so that it uses no thread of a
 * gateway in the same process.
 *
 * <p>It takes any path and method. The query controls the response: {@code delay=3s}, {@code status=503}, {@code fail=2} (503
 * for the first two attempts of a job, by {@code Sluice-Attempt}), {@code size=1MB} (of the response body), {@code hang=true}
 * (no response), {@code close=true} (closes the connection instead), {@code progress=true} (reports progress during the
 * delay to the URL in {@code Sluice-Progress}), {@code later=true} (202, and the response after the delay to the URL in
 * {@code Sluice-Completion}). The default body is a JSON object with method, target, job, attempt and the size of the request
 * body. {@code GET /demo/} is a page that uses the gateway.
 *
 * <p>Run on its own it also counts: {@code GET /demo/calls} returns {@code {"calls":n,"jobs":n,"doubled":n,"untracked":n}},
 * {@code DELETE /demo/calls} returns the same and resets the counters.
 */
public final class DemoBackend implements AutoCloseable {

    private static final Duration LONGEST_STOP = Duration.ofSeconds(5);

    private final LoopResources loops;
    private final DisposableServer server;

    private DemoBackend(LoopResources loops, DisposableServer server) {
        this.loops = loops;
        this.server = server;
    }

    /**
     * Runs the demo backend on its own until the process is stopped.
     *
     * @param args port (default 9000; 0 for any free one) and default delay (default {@code 0s})
     */
    public static void main(String[] args) {
        // Without Spring, Logback's default level is DEBUG.
        LoggingSystem.get(DemoBackend.class.getClassLoader()).setLogLevel("ROOT", LogLevel.WARN);
        int port = args.length > 0 ? Integer.parseInt(args[0]) : 9000;
        Duration delay = args.length > 1 ? DurationStyle.detectAndParse(args[1]) : Duration.ZERO;
        DemoBackend backend = start(port, delay, new CallCounter(), false);
        System.out.println("demo backend on http://127.0.0.1:" + backend.port());
    }

    /**
     * Starts the backend.
     *
     * @param port 0 for any free one
     * @param daemon whether its thread is a daemon
     * @throws reactor.netty.ChannelBindException if the port is taken
     */
    static DemoBackend start(int port, Duration delay, @Nullable CallCounter counter, boolean daemon) {
        LoopResources loops = LoopResources.create("demo-backend", 1, daemon);
        try {
            DisposableServer server = HttpServer.create()
                    .host("127.0.0.1")
                    .port(port)
                    .runOn(loops, false)
                    .handle(new DemoHandler(Behaviour.answeringAfter(delay), counter, new Reporter(loops))::handle)
                    .bindNow();
            return new DemoBackend(loops, server);
        } catch (RuntimeException e) {
            loops.dispose();
            throw e;
        }
    }

    int port() {
        return server.port();
    }

    /** Stops at once and closes the connections of pending requests. */
    @Override
    public void close() {
        server.disposeNow(LONGEST_STOP);
        loops.dispose();
    }
}
