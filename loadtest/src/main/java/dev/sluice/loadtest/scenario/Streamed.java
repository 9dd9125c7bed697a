package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.JobAudit;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.StreamingBackend;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.GatewaySetup;
import dev.sluice.loadtest.rig.Http;
import dev.sluice.loadtest.rig.RigException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import reactor.core.publisher.Flux;

/** What scenarios with streamed answers have in common: a backend in the load's process, a gateway on it, jobs and accounts. */
final class Streamed implements AutoCloseable {

    /** Most jobs that run at once on the route of {@code loadtest/application.yaml}. */
    static final int MOST_JOBS = 1_000;

    static final Option<Integer> BYTES =
            Option.count("bytes", 250, 48, 60_000, "bytes of a piece, its framing included");

    private static final Duration LONGEST_SUBMIT = Duration.ofMinutes(1);
    private static final int AT_ONCE = 16;
    private static final String CHART = "Pieces";

    private final Bench bench;
    private final Client client = new Client("streamed", AT_ONCE);
    private final Gateway gateway;
    private long sent;

    final StreamingBackend backend = new StreamingBackend();

    /** Starts gateway and backend. */
    Streamed(Bench bench, String... properties) throws InterruptedException {
        Required.ownProcesses(bench);
        this.bench = bench;
        GatewaySetup setup = bench.rig().setup(backend.base());
        for (String property : properties) {
            setup = setup.with(property);
        }
        this.gateway = bench.watch("gateway", bench.start(setup));
    }

    Gateway gateway() {
        return gateway;
    }

    /** Draws from now on how many pieces are written and read a second. */
    void draw(LongSupplier read) {
        long[] last = {backend.written(), read.getAsLong()};
        bench.watch((timeline, seconds) -> {
            long[] now = {backend.written(), read.getAsLong()};
            timeline.add(CHART, "1/s", "written", (now[0] - last[0]) / seconds);
            timeline.add(CHART, "1/s", "read", Math.max(0, now[1] - last[1]) / seconds);
            last[0] = now[0];
            last[1] = now[1];
        });
    }

    /** The target of streams that wait at their begin until {@link #begin} lets them go. */
    static String gated(long pieces, int rate, int bytes, String gate) {
        return StreamingBackend.target(pieces, rate, bytes) + "&gate=" + word(gate);
    }

    /** Opens a gate. */
    void begin(String gate) {
        backend.begin(word(gate));
    }

    private static String word(String name) {
        return name.replaceAll("\\W", "-");
    }

    /** Waits until the backend was called for all jobs that were sent. */
    void awaitStreaming() throws InterruptedException {
        long end = System.nanoTime() + LONGEST_SUBMIT.toNanos();
        while (backend.streaming() < sent) {
            if (System.nanoTime() > end) {
                throw new RigException(backend.streaming() + " of " + sent + " jobs have reached the backend");
            }
            Thread.sleep(5); // it can only be asked
        }
    }

    /** Sends jobs and gives their paths, each as soon as it is accepted. */
    List<String> submit(int jobs, String target, java.util.function.Consumer<String> accepted) {
        URI url = gateway.base().resolve(target);
        List<String> paths = Flux.range(0, jobs)
                .flatMap(number -> client.submit(url, new byte[] {'{', '}'}), AT_ONCE)
                .map(Client.Accepted::job)
                .doOnNext(accepted)
                .collectList()
                .block(LONGEST_SUBMIT);
        sent += jobs;
        return paths == null ? List.of() : paths;
    }

    /** Looks at every job: it has succeeded, with a result of so many bytes, and its backend was called once. */
    void settle(List<String> jobs, long bytes) throws Exception {
        JobAudit.Found found = JobAudit.look(List.of(gateway.base()), jobs);
        found.settle(bench.accounts());
        found.examples().forEach(example -> bench.say("  not in order: " + example));
        long otherSize = jobs.stream()
                .map(job -> Http.get(gateway.base().resolve(job)))
                .filter(json -> !json.contains("\"size\":" + bytes + ","))
                .count();
        bench.accounts().zero("results of another size", otherSize);
    }

    /** Enters what the backend has seen in the whole run. */
    void settleCalls() {
        bench.accounts().zero("calls beyond one a job", backend.calledAgain());
    }

    @Override
    public void close() {
        client.close();
        backend.close();
    }
}
