package dev.sluice.management;

import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Wire;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/** What the tests of this package do with a gateway whose routes are called {@code a} and {@code b}. */
final class Operator implements AutoCloseable {

    static final Duration LIMIT = Duration.ofSeconds(20);

    final Listeners listeners;

    Operator(String... settings) {
        List<String> all = new ArrayList<>(List.of(settings));
        for (String route : new String[] {"a", "b"}) {
            all.add("sluice.routes." + route + ".path=/" + route);
            all.add("sluice.routes." + route + ".backend=http://localhost:1");
        }
        listeners = new Listeners(all.toArray(String[]::new));
    }

    Wire.Reply get(String path) throws IOException {
        return Wire.call(listeners.managementPort(), "GET " + path + " HTTP/1.1\nHost: localhost");
    }

    Wire.Reply post(String path) throws IOException {
        return Wire.call(listeners.managementPort(), "POST " + path + " HTTP/1.1\nHost: localhost\nContent-Length: 0");
    }

    JobId accept(String route) throws IOException {
        return listeners.accept("/" + route);
    }

    /** Makes a job that failed. */
    JobId failed(String route) throws IOException {
        JobId id = accept(route);
        fail(route);
        return id;
    }

    /** Fails the job that is next on its route. */
    Job fail(String route) {
        Failure failure = new Failure(Problem.BACKEND_STATUS, "The backend answered 500.");
        return listeners.answer(listeners.claim(route), 500, failure, Headers.NONE, Flux.just(new byte[] {'n', 'o'}));
    }

    void cancel(JobId id) {
        listeners.journal().cancel(id).block(LIMIT);
    }

    static List<String> ids(JsonNode jobs) {
        return jobs.valueStream()
                .map(job -> job.isString() ? job.asString() : job.get("id").asString())
                .toList();
    }

    @Override
    public void close() {
        listeners.close();
    }
}
