package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobTokens;
import dev.sluice.job.Problem;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** That the public listener answers as its OpenAPI description says. */
class OpenApiTest {

    /** Where a job of each kind is made. */
    private enum Kind {
        UNKNOWN,
        QUEUED,
        DELAYED,
        RUNNING,
        SUCCEEDED,
        FAILED_WITH_ANSWER,
        FAILED,
        TIMED_OUT,
        CANCELLED,
        EXPIRED
    }

    private static Listeners listeners;
    private static Description description;

    @BeforeAll
    static void start() throws IOException {
        listeners = new Listeners(
                "sluice.ingress.jobs-path=/api/work",
                "sluice.ingress.groups-path=/api/batches",
                "sluice.routes.work.path=/work",
                "sluice.routes.work.backend=http://localhost:1",
                "sluice.routes.work.methods=POST",
                "sluice.routes.led.path=/led",
                "sluice.routes.led.backend=http://localhost:1",
                "sluice.routes.led.when-finished=redirect",
                "sluice.routes.work.attempts=1000000");
        description = new Description(call("GET", "/api/work/openapi.json").body());
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static Wire.Reply call(String method, String path, String... fields) throws IOException {
        String more = fields.length == 0 ? "" : "\n" + String.join("\n", fields);
        return Wire.call(listeners.port(), method + " " + path + " HTTP/1.1\nHost: g" + more);
    }

    private static JobId make(Kind kind) throws IOException {
        if (kind == Kind.UNKNOWN) {
            return new JobId(1, 1);
        }
        JobId id = listeners.accept("/work");
        switch (kind) {
            case DELAYED -> requeue(listeners.claim("work"), Instant.now().plusSeconds(3600));
            case RUNNING -> listeners.claim("work");
            case SUCCEEDED -> answer(200, null);
            case FAILED_WITH_ANSWER -> answer(500, new Failure(Problem.BACKEND_STATUS, "It answered 500."));
            case FAILED -> fail(Problem.BACKEND_UNREACHABLE);
            case TIMED_OUT -> fail(Problem.BACKEND_TIMEOUT);
            case CANCELLED -> listeners.journal().cancel(id).block();
            case EXPIRED -> {
                listeners.journal().cancel(id).block();
                listeners.journal().forget(id).block();
            }
            default -> {}
        }
        return id;
    }

    private static void answer(int status, Failure failure) {
        listeners.answer(
                listeners.claim("work"),
                status,
                failure,
                Headers.of("Content-Type", "text/plain"),
                Flux.just("answer".getBytes()));
    }

    private static void fail(Problem problem) {
        listeners.record(listeners.claim("work"), new Transition.Fail(new Failure(problem, "As it happens."), null));
    }

    private static void requeue(Job running, Instant dueAt) {
        listeners.record(
                running,
                new Transition.Requeue(RequeueReason.RETRY, dueAt, new Failure(Problem.BACKEND_STATUS, "Again.")));
    }

    /** Nothing of one kind is to be next in the queue when another is made. */
    private static void leave(JobId id, Kind kind) {
        if (kind == Kind.QUEUED || kind == Kind.DELAYED || kind == Kind.RUNNING) {
            listeners.journal().cancel(id).onErrorComplete().block();
        }
    }

    @Test
    void everyUrlAnswersAsDescribedWhateverTheJob() throws IOException {
        for (String path : paths(path -> !path.startsWith("/api/batches"))) {
            for (String method : description.methods(path)) {
                for (Kind kind : Kind.values()) {
                    JobId id = make(kind);
                    String url = path.replace("{id}", id.toString());
                    description.check(method, path, answer(method, url, kind));
                    leave(id, kind);
                }
            }
        }
        assertThat(description.seen())
                .contains(
                        "GET /api/work/{id} 200",
                        "GET /api/work/{id} 404",
                        "GET /api/work/{id} 410",
                        "HEAD /api/work/{id} 200",
                        "DELETE /api/work/{id} 200",
                        "DELETE /api/work/{id} 409",
                        "DELETE /api/work/{id} 404",
                        "DELETE /api/work/{id} 410",
                        "GET /api/work/{id}/result 200",
                        "GET /api/work/{id}/result 202",
                        "GET /api/work/{id}/result 404",
                        "GET /api/work/{id}/result 410",
                        "GET /api/work/{id}/result 500",
                        "HEAD /api/work/{id}/result 200",
                        "HEAD /api/work/{id}/events 200",
                        "GET /api/work/{id}/result 502",
                        "GET /api/work/{id}/result 504",
                        "GET /api/work/{id}/output 200",
                        "GET /api/work/{id}/output 202",
                        "GET /api/work/{id}/output 410",
                        "HEAD /api/work/{id}/output 502",
                        "GET /api/work/{id}/events 200",
                        "GET /api/work/{id}/events 404",
                        "GET /api/work/{id}/events 410",
                        "GET /api/work/openapi.json 200",
                        "HEAD /api/work/openapi.json 200",
                        "event accepted",
                        "event started",
                        "event succeeded",
                        "event failed",
                        "event cancelled");
    }

    /** Reads the whole answer, but of a stream that does not end its head and no more. */
    private static Wire.Reply answer(String method, String url, Kind kind) throws IOException {
        boolean endless =
                url.endsWith("/events") && (kind == Kind.QUEUED || kind == Kind.DELAYED || kind == Kind.RUNNING);
        if (!endless) {
            return url.endsWith("/output") ? call(method, url, "Prefer: wait=0") : call(method, url);
        }
        try (Wire wire = new Wire(listeners.port())) {
            wire.send(method + " " + url + " HTTP/1.1\nHost: g\n\n");
            return wire.readHead();
        }
    }

    @Test
    void whatClientsAskForIsAnsweredAsDescribed() throws IOException {
        JobId id = make(Kind.SUCCEEDED);
        String self = "/api/work/" + id;
        String tag = call("GET", self).field("ETag");
        check("GET", "/api/work/{id}", 304, call("GET", self, "If-None-Match: " + tag));
        check("HEAD", "/api/work/{id}", 304, call("HEAD", self, "If-None-Match: " + tag));
        check("GET", "/api/work/{id}", 200, call("GET", self, "Prefer: wait=1"));
        check("GET", "/api/work/{id}/result", 206, call("GET", self + "/result", "Range: bytes=1-2"));
        check("GET", "/api/work/{id}/result", 416, call("GET", self + "/result", "Range: bytes=99-"));
        String result = call("GET", self + "/result").field("ETag");
        check("GET", "/api/work/{id}/result", 304, call("GET", self + "/result", "If-None-Match: " + result));
        check("GET", "/api/work/{id}/events", 204, call("GET", self + "/events", "Last-Event-ID: 99"));
        check("GET", "/api/work/{id}/events", 204, call("GET", self + "/events?last_event_id=99"));
        check("GET", "/api/work/{id}/output", 200, call("GET", self + "/output?offset=-1"));
        check("GET", "/api/work/{id}/output", 204, call("GET", self + "/output?offset=now&live=long-poll"));
        String part = call("GET", self + "/output?offset=-1").field("ETag");
        check("GET", "/api/work/{id}/output", 304, call("GET", self + "/output?offset=-1", "If-None-Match: " + part));
        check("HEAD", "/api/work/{id}/output", 200, call("HEAD", self + "/output?offset=now"));
        check("GET", "/api/work/{id}/output", 400, call("GET", self + "/output?offset=x"));
        String kept = call("GET", "/api/work/openapi.json").field("ETag");
        check("GET", "/api/work/openapi.json", 304, call("GET", "/api/work/openapi.json", "If-None-Match: " + kept));
        check("GET", "/api/work/openapi.json", 200, call("GET", "/api/work/openapi.json", "If-None-Match: \"x\""));
        check("DELETE", "/api/work/{id}", 400, call("DELETE", self + "?erase=1"));
        check("DELETE", "/api/work/{id}", 204, call("DELETE", self + "?erase=true"));
        JobId led = listeners.accept("/led");
        listeners.journal().cancel(led).block();
        check("GET", "/api/work/{id}", 303, call("GET", "/api/work/" + led));
        check("HEAD", "/api/work/{id}", 303, call("HEAD", "/api/work/" + led));
    }

    private static Set<String> paths(Predicate<String> wanted) {
        return description.paths().propertyNames().stream()
                .filter(wanted)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String group(Kind kind) throws IOException {
        if (kind == Kind.UNKNOWN) {
            return "/api/batches/" + new JobId(1, 1);
        }
        String group = call("POST", "/api/batches").field("Location");
        JobId job = Listeners.id(call("POST", "/work", "Sluice-Group: " + group.substring(group.lastIndexOf('/') + 1)));
        if (kind == Kind.SUCCEEDED) {
            listeners.journal().cancel(job).block();
            call("POST", group + "/close");
        } else if (kind == Kind.EXPIRED) {
            call("DELETE", group + "?erase=true");
        }
        return group;
    }

    @Test
    void groupsAnswerAsDescribed() throws IOException {
        for (String path : paths(path -> path.startsWith("/api/batches/"))) {
            for (String method : description.methods(path)) {
                for (Kind kind : List.of(Kind.UNKNOWN, Kind.QUEUED, Kind.SUCCEEDED, Kind.EXPIRED)) {
                    String group = group(kind);
                    description.check(method, path, answer(method, path.replace("/api/batches/{id}", group), kind));
                    call("DELETE", group);
                }
            }
        }
        String group = group(Kind.SUCCEEDED);
        String self = "/api/batches/{id}";
        check("POST", "/api/batches", 201, call("POST", "/api/batches"));
        check("POST", "/api/batches", 400, call("POST", "/api/batches", "Sluice-Callback: https://x.example/"));
        check(
                "GET",
                self,
                304,
                call("GET", group, "If-None-Match: " + call("GET", group).field("ETag")));
        check("HEAD", self, 304, call("HEAD", group, "If-None-Match: *"));
        check("DELETE", self, 400, call("DELETE", group + "?erase=1"));
        check("DELETE", self, 204, call("DELETE", group + "?erase=true"));
        group = group(Kind.SUCCEEDED);
        check("GET", self + "/jobs", 400, call("GET", group + "/jobs?limit=0"));
        check("HEAD", self + "/jobs", 400, call("HEAD", group + "/jobs?limit=0"));
        check("GET", self + "/events", 400, call("GET", group + "/events?from=x"));
        check("HEAD", self + "/events", 400, call("HEAD", group + "/events?from=x"));
        check("GET", self + "/events", 200, call("GET", group + "/events?from=start"));
        check("GET", self + "/events", 204, call("GET", group + "/events", "Last-Event-ID: 99"));
        check("HEAD", self + "/events", 204, call("HEAD", group + "/events", "Last-Event-ID: 99"));
        assertThat(description.seen()).contains("event group", "event accepted", "event cancelled");
    }

    private static void check(String method, String path, int status, Wire.Reply reply) {
        assertThat(reply.status()).isEqualTo(status);
        description.check(method, path, reply);
    }

    @Test
    void aRetryIsToldAsDescribed() throws IOException {
        JobId id = listeners.accept("/work");
        requeue(listeners.claim("work"), Instant.EPOCH);
        listeners.journal().cancel(id).block();
        check("GET", "/api/work/{id}/events", 200, call("GET", "/api/work/" + id + "/events"));
        assertThat(description.seen()).contains("event requeued");
    }

    @Test
    void progressIsTakenAndToldAsDescribed() throws IOException {
        JobTokens tokens = new JobTokens(listeners.journal().secret());
        String path = "/api/work/{id}/progress";
        check("POST", path, 404, report(new JobId(1, 1), tokens, "{}"));
        check("POST", path, 410, report(make(Kind.EXPIRED), tokens, "{}"));
        check("POST", path, 403, call("POST", "/api/work/" + new JobId(1, 1) + "/progress"));
        JobId id = make(Kind.RUNNING);
        check("POST", path, 204, report(id, tokens, "{\"percent\":40,\"message\":\"page 4\",\"page\":4}"));
        check("GET", "/api/work/{id}", 200, call("GET", "/api/work/" + id));
        check("POST", path, 400, report(id, tokens, "[]"));
        check("POST", path, 413, report(id, tokens, " ".repeat(17_000)));
        listeners.journal().cancel(id).block();
        check("POST", path, 409, report(id, tokens, "{}"));
        check("GET", "/api/work/{id}", 200, call("GET", "/api/work/" + id));
        check("GET", "/api/work/{id}/events", 200, call("GET", "/api/work/" + id + "/events"));
        assertThat(description.seen()).contains("event progress");
    }

    @Test
    void aLaterAnswerIsTakenAsDescribed() throws IOException {
        JobTokens tokens = new JobTokens(listeners.journal().secret());
        String path = "/api/work/{id}/completion";
        check("POST", path, 404, complete(new JobId(1, 1), tokens, "", "x"));
        check("POST", path, 410, complete(make(Kind.EXPIRED), tokens, "", "x"));
        check("POST", path, 403, call("POST", "/api/work/" + new JobId(1, 1) + "/completion"));
        JobId id = make(Kind.RUNNING);
        check("POST", path, 400, complete(id, tokens, "\nSluice-Status: 99", "x"));
        check("POST", path, 413, complete(id, tokens, "\nSluice-Status: 204", "x"));
        check("POST", path, 204, complete(id, tokens, "\nSluice-Status: 201", "x"));
        check("POST", path, 409, complete(id, tokens, "", "x"));
    }

    private static Wire.Reply complete(JobId id, JobTokens tokens, String fields, String body) throws IOException {
        String url = "/api/work/" + id + "/completion?token=" + tokens.ofCompletion(id, 1);
        return Wire.call(
                listeners.port(),
                "POST " + url + " HTTP/1.1\nHost: g" + fields + "\nContent-Length: " + body.length(),
                body.getBytes());
    }

    private static Wire.Reply report(JobId id, JobTokens tokens, String json) throws IOException {
        String url = "/api/work/" + id + "/progress?token=" + tokens.of(id);
        return Wire.call(
                listeners.port(),
                "POST " + url + " HTTP/1.1\nHost: g\nContent-Length: " + json.length(),
                json.getBytes());
    }

    @Test
    void aRouteAcceptsAsDescribed() throws IOException {
        Wire.Reply reply = call("POST", "/work", "Idempotency-Key: again");
        assertThat(reply.status()).isEqualTo(202);
        description.check("Accepted", reply);
        Wire.Reply again = call("POST", "/work", "Idempotency-Key: again");
        assertThat(again.field("Idempotency-Replayed")).isEqualTo("true");
        description.check("Accepted", again);
        leave(Listeners.id(reply), Kind.QUEUED);
    }

    @Test
    void everyPathIsDescribedAndTakesTheMethodsThatAreDescribed() throws IOException {
        String self = "/api/work/" + make(Kind.SUCCEEDED);
        Matcher below = Pattern.compile("resources\\.of\\(\"(/[a-z]+)\"")
                .matcher(Files.readString(Path.of("src/main/java/dev/sluice/ingress/PublicRoutes.java")));
        String groups = call("POST", "/api/batches").field("Location");
        Set<String> all =
                new TreeSet<>(Set.of("/api/work/{id}", "/api/work/openapi.json", "/api/batches", "/api/batches/{id}"));
        boolean ofGroups = false;
        while (below.find()) {
            ofGroups |= below.group(1).equals("/jobs"); // the first of those of groups
            all.add((ofGroups ? "/api/batches/{id}" : "/api/work/{id}") + below.group(1));
        }
        assertThat(paths(path -> true)).isEqualTo(all);
        for (String path : all) {
            Wire.Reply refused =
                    call("PATCH", path.replace("/api/work/{id}", self).replace("/api/batches/{id}", groups));
            assertThat(refused.status()).isEqualTo(405);
            assertThat(Set.of(refused.field("Allow").split(", "))).isEqualTo(description.methods(path));
        }
    }

    @Test
    void theGatewaysMistakesAreDescribed() throws IOException {
        try (Listeners broken =
                new Listeners("sluice.routes.work.path=/work", "sluice.routes.work.backend=http://localhost:1")) {
            broken.journal().close();
            for (String below : new String[] {"", "/result", "/events"}) {
                Wire.Reply reply =
                        Wire.call(broken.port(), "GET /jobs/" + new JobId(1, 1) + below + " HTTP/1.1\nHost: g");
                assertThat(reply.status()).isEqualTo(500);
                description.check("GET", "/api/work/{id}" + below, reply);
            }
        }
    }
}
