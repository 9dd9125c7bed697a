package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Transport;
import dev.sluice.ingress.Wire;
import dev.sluice.ingress.Wire.Reply;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobPage;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole gateway with routes of every mode before a backend that echoes, with an eye on what is logged and leaked. */
@ParameterizedClass
@EnumSource(Transport.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class FuzzRig {

    static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String[] ROUTES = {"async", "negotiate", "sync", "keyed", "typed", "small"};

    /** Connections that were given up before all was answered. */
    final AtomicInteger left = new AtomicInteger();

    @Parameter
    Transport transport;

    Watch watch;
    Echo echo;
    Listeners listeners;

    @BeforeParameterizedClassInvocation
    void startAll() {
        echo = new Echo();
        List<String> settings = new ArrayList<>(List.of(
                "sluice.ingress.max-wait=1s",
                "sluice.events.heartbeat=1s", // by which a reader that has gone is found
                "sluice.ingress.trusted-proxies=127.0.0.0/8",
                "sluice.ingress.cors.allowed-origins=" + Requests.ORIGIN,
                "sluice.routes.negotiate.mode=negotiate",
                "sluice.routes.sync.mode=sync",
                "sluice.routes.keyed.idempotency=required",
                "sluice.routes.keyed.when-finished=redirect",
                "sluice.routes.typed.methods=POST,PUT",
                "sluice.routes.typed.consumes=application/json,text/*",
                "sluice.routes.typed.max-request=10KB",
                "sluice.routes.small.queue=7"));
        for (String route : ROUTES) {
            settings.add("sluice.routes." + route + ".path=/" + route + "/**");
            settings.add("sluice.routes." + route + ".backend=" + echo.url());
            settings.add("sluice.routes." + route + ".attempts=1");
        }
        listeners = Listeners.dispatching(transport, settings.toArray(String[]::new));
        watch = new Watch();
    }

    @AfterParameterizedClassInvocation
    void stopAll() {
        listeners.close();
        echo.close();
        watch.checkLeaks();
        watch.close();
    }

    /** Sends a case and a marker behind it, and holds what comes back to the contract. */
    List<Reply> send(Case one) throws IOException {
        Talk.Heard heard;
        try (Talk talk = talk()) {
            for (int i = 0; i < one.pieces(); i++) {
                talk.say(one.piece(i));
            }
            heard = talk.say(one.marker()).listen(one.markerAnswer());
        }
        if (heard.cut()) {
            left.incrementAndGet();
        }
        try {
            List<Reply> replies = Answers.of(heard, one.text().contains("HEAD"));
            replies.forEach(Contract::check);
            checkMarker(one, replies);
            return replies;
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(one + "\n\nanswered\n\n" + Escaped.of(new String(heard.bytes(), ISO_8859_1)), e);
        }
    }

    private void checkMarker(Case one, List<Reply> replies) {
        List<Echo.Call> calls = echo.callsOf(one.markerPath());
        assertThat(calls).as("calls of the marker").hasSizeLessThan(3);
        if (calls.size() == 2) { // as a GET may have that was sent on a connection which was just being closed
            QueueRig.until(calls.get(0)::last);
        }
        for (int i = 0; i < replies.size(); i++) {
            if (replies.get(i).text().equals(one.markerAnswer())) {
                assertThat(i).as("the marker's answer is the last").isEqualTo(replies.size() - 1);
            }
        }
    }

    Reply call(String head) throws IOException {
        return call(head, new byte[0]);
    }

    Reply call(String head, byte[] body) throws IOException {
        return Wire.call(transport, listeners.port(), head, body);
    }

    Talk talk() throws IOException {
        return new Talk(transport, listeners.port());
    }

    /** Paths of jobs in every state, and of none. */
    List<String> someJobs() throws IOException {
        String post = " HTTP/1.1\nHost: g\nContent-Length: 0";
        List<String> paths = new ArrayList<>();
        for (String tail : new String[] {"x", "tagged", "chunked", "status/404"}) {
            paths.add(call("POST /async/" + tail + post).field("Location"));
        }
        paths.add(call("POST /async/later" + post + "\nSluice-Delay: 1h").field("Location"));
        String cancelled =
                call("POST /async/cancelled" + post + "\nSluice-Delay: 1h").field("Location");
        call("DELETE " + cancelled + " HTTP/1.1\nHost: g");
        paths.add(cancelled);
        String erased = call("POST /async/erased" + post).field("Location");
        settle();
        call("DELETE " + erased + "?erase=true HTTP/1.1\nHost: g");
        paths.add(erased);
        paths.add("/jobs/01k9zzzzzzzzzzzzzzzzzzzzzz");
        paths.add("/jobs/x");
        paths.add("/jobs/openapi.json");
        return paths;
    }

    /** Waits until nothing is running, no reader is there and only jobs that are to wait do. */
    void settle() {
        QueueRig.until(() -> listeners.count("sluice.events.readers") == 0
                && listeners.count("sluice.events.waiting") == 0
                && Stream.of(ROUTES).allMatch(this::atRest));
    }

    private boolean atRest(String route) {
        return listeners.count("sluice.queue.running", "route", route) == 0
                && listeners.count("sluice.queue.depth", "route", route)
                        == listeners.count("sluice.queue.delayed", "route", route);
    }

    /** All jobs that are kept. */
    List<Job> jobs() {
        List<Job> all = new ArrayList<>();
        JobId before = null;
        do {
            JobPage page = listeners.journal().list(JobFilter.ALL, 500, before).block(LIMIT);
            all.addAll(page.jobs());
            before = page.next();
        } while (before != null);
        return all;
    }

    double accepted() {
        return Stream.of(ROUTES)
                .filter(route -> !route.equals("sync"))
                .mapToDouble(route -> listeners.count("sluice.accepted", "route", route))
                .sum();
    }

    /** Erases every job as if its time had come. */
    void eraseAll() {
        settle();
        for (Job job : jobs()) {
            if (!job.state().finished()) {
                listeners.journal().cancel(job.id()).block(LIMIT);
            }
            listeners.journal().forget(job.id()).block(LIMIT);
        }
        listeners.journal().purge(Duration.ZERO).blockLast(LIMIT);
        assertThat(jobs()).isEmpty();
        echo.forget();
    }

    boolean isKnown(JobId id) {
        return listeners.journal().find(id).block(LIMIT) instanceof Lookup.Known;
    }
}
