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
 * The demo backend: an HTTP server on the loopback address with an event loop of its own, so that it takes no thread of a
 * gateway in the same process.
 *
 * <p>Any path, any method. The query says what happens: {@code delay=3s}, {@code status=503}, {@code fail=2} (the first two
 * attempts of a job are answered with 503, by {@code Sluice-Attempt}), {@code size=1MB} (of the answer's body),
 * {@code hang=true} (no answer), {@code close=true} (closed without an answer), {@code progress=true} (reports while it waits,
 * if it was told where in {@code Sluice-Progress}). The usual answer is a JSON object with
 * method, target, job, attempt and the size of the request's body. {@code GET /demo/} is a page that uses the gateway.
 *
 * <p>Run alone it also counts: {@code GET /demo/calls} answers {@code {"calls":n,"jobs":n,"doubled":n,"untracked":n}},
 * {@code DELETE /demo/calls} does so and starts anew.
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
     * Runs the demo backend alone, until the process is stopped.
     *
     * @param args port (default 9000; 0: any) and delay of the usual answer (default {@code 0s})
     */
    public static void main(String[] args) {
        // Without Spring the logger's own default would be to write every detail of every request.
        LoggingSystem.get(DemoBackend.class.getClassLoader()).setLogLevel("ROOT", LogLevel.WARN);
        int port = args.length > 0 ? Integer.parseInt(args[0]) : 9000;
        Duration delay = args.length > 1 ? DurationStyle.detectAndParse(args[1]) : Duration.ZERO;
        DemoBackend backend = start(port, delay, new CallCounter(), false);
        System.out.println("demo backend on http://127.0.0.1:" + backend.port());
    }

    /**
     * Starts it.
     *
     * @param port 0 for any
     * @param daemon whether its thread lets the process end
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

    /** Stops at once; requests under way are cut. */
    @Override
    public void close() {
        server.disposeNow(LONGEST_STOP);
        loops.dispose();
    }
}
