package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Description;
import dev.sluice.ingress.Wire;
import dev.sluice.job.JobId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** That the management listener answers as its OpenAPI description says. */
class ManagementOpenApiTest {

    private static Operator operator;
    private static Description description;

    @BeforeAll
    static void start() throws IOException {
        operator = new Operator(
                "sluice.routes.b.queue=1",
                "sluice.routes.b.concurrency.cluster=64",
                "sluice.routes.b.host=b.example",
                "sluice.routes.b.rate-limit.by=header:X-Key",
                "sluice.routes.b.rate-limit.limit=10/m",
                "sluice.routes.b.max-request=1KB",
                "sluice.routes.a.success=2xx,404",
                "sluice.callbacks.allowed-hosts=hooks.example",
                "sluice.callbacks.secrets=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        description = new Description(operator.get("/openapi.json").body());
    }

    @AfterAll
    static void stop() {
        operator.close();
    }

    private static Wire.Reply check(String method, String path, int status, Wire.Reply reply) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(status);
        description.check(method, path, reply);
        return reply;
    }

    private static Wire.Reply get(int status, String path, String url) throws IOException {
        return check("GET", path, status, operator.get(url));
    }

    private static Wire.Reply post(int status, String path, String url) throws IOException {
        return check("POST", path, status, operator.post(url));
    }

    @Test
    void listsAreAsDescribed() throws IOException {
        operator.failed("a");
        operator.cancel(operator.accept("a"));
        operator.accept("a");
        assertThat(get(200, "/jobs", "/jobs?limit=1").field("Link")).isNotNull();
        get(200, "/jobs", "/jobs");
        get(400, "/jobs", "/jobs?limit=0");
        Wire.Reply routes = get(200, "/routes", "/routes");
        assertThat(routes.text())
                .contains(
                        "\"id\":\"callbacks\"",
                        "\"host\":\"b.example\"",
                        "\"limit\":\"10/m\"",
                        "\"limit\":64,\"limitPer\":\"cluster\"",
                        "\"concurrency\":{\"cluster\":64}");
    }

    @Test
    void jobsAndTheirRedriveAreAsDescribed() throws IOException {
        JobId id = operator.failed("a");
        get(200, "/jobs/{id}", "/jobs/" + id);
        Wire.Reply made = post(201, "/jobs/{id}/redrive", "/jobs/" + id + "/redrive");
        get(200, "/jobs/{id}", made.field("Location"));
        post(409, "/jobs/{id}/redrive", made.field("Location") + "/redrive");
        post(400, "/jobs/{id}/redrive", "/jobs/" + id + "/redrive?dry-run=true");
        post(200, "/jobs/redrive", "/jobs/redrive?route=a&dry-run=true&limit=1");
        post(200, "/jobs/redrive", "/jobs/redrive?route=a");
        post(400, "/jobs/redrive", "/jobs/redrive?state=running");
        JobId unknown = new JobId(1, 1);
        get(404, "/jobs/{id}", "/jobs/" + unknown);
        post(404, "/jobs/{id}/redrive", "/jobs/" + unknown + "/redrive");
        operator.listeners.journal().forget(id).block(Operator.LIMIT);
        get(410, "/jobs/{id}", "/jobs/" + id);
        post(410, "/jobs/{id}/redrive", "/jobs/" + id + "/redrive");
    }

    @Test
    void aReloadIsAsDescribed() throws IOException {
        post(200, "/routes/reload", "/routes/reload");
        post(400, "/routes/reload", "/routes/reload?route=a");
    }

    @Test
    void aQueueThatIsFullIsAsDescribed() throws IOException {
        try (Operator full = new Operator("sluice.routes.a.queue=1")) {
            JobId first = full.failed("a");
            full.failed("a");
            Wire.Reply some = check("POST", "/jobs/redrive", 200, full.post("/jobs/redrive"));
            assertThat(some.json().has("stopped")).isTrue();
            check("POST", "/jobs/redrive", 503, full.post("/jobs/redrive"));
            check("POST", "/jobs/{id}/redrive", 503, full.post("/jobs/" + first + "/redrive"));
        }
    }

    @Test
    void eventsAreAsDescribed() throws IOException {
        get(400, "/events", "/events?state=x");
        try (Wire wire = new Wire(operator.listeners.managementPort())) {
            wire.send("GET /events?route=a HTTP/1.1\nHost: localhost\n\n");
            Wire.Reply head = wire.readHead();
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            frames.writeBytes(wire.readChunk());
            operator.failed("a");
            while (!frames.toString(java.nio.charset.StandardCharsets.UTF_8).contains("event: failed")) {
                frames.writeBytes(wire.readChunk());
            }
            check("GET", "/events", 200, new Wire.Reply(head.status(), head.fields(), frames.toByteArray()));
        }
        assertThat(description.seen()).contains("event accepted", "event started", "event failed");
    }

    @Test
    void theDescriptionIsAsDescribed() throws IOException {
        Wire.Reply reply = get(200, "/openapi.json", "/openapi.json");
        Wire.Reply again = Wire.call(
                operator.listeners.managementPort(),
                "GET /openapi.json HTTP/1.1\nHost: localhost\nIf-None-Match: " + reply.field("ETag"));
        check("GET", "/openapi.json", 304, again);
    }

    @Test
    void mistakesAreAsDescribed() throws IOException {
        try (Operator broken = new Operator()) {
            broken.listeners.journal().close();
            check("GET", "/jobs", 500, broken.get("/jobs"));
            check("GET", "/jobs/{id}", 500, broken.get("/jobs/" + new JobId(1, 1)));
            check("POST", "/jobs/redrive", 500, broken.post("/jobs/redrive"));
            check("POST", "/jobs/{id}/redrive", 500, broken.post("/jobs/" + new JobId(1, 1) + "/redrive"));
        }
    }

    @Test
    void everyUrlIsDescribedAndNoOther() {
        ManagementRoutes routes = new ManagementRoutes(
                new JobsHandler(null, null, null, null),
                new RedriveHandler(null, null, null),
                new BulkHandler(null, null, null),
                new RoutesHandler(null, null, null, null, null, null, null, null),
                new ReloadHandler(null),
                new RouteControlHandler(null, null, null, null),
                new DrainHandler(null, null),
                new AllEventsHandler(null),
                new OpenApi());
        var served = routes.lines().stream()
                .collect(Collectors.groupingBy(
                        ManagementRoutes.Line::path,
                        TreeMap::new,
                        Collectors.mapping(line -> line.method().name(), Collectors.toCollection(TreeSet::new))));
        var described = new TreeMap<String, Set<String>>();
        description.paths().propertyNames().forEach(path -> described.put(path, description.methods(path)));
        assertThat(described).isEqualTo(served);
    }
}
