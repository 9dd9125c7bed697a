package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.backend.ScriptedServer;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;
import org.springframework.web.util.ForwardedHeaderUtils;

/** What a backend refers to, and what it is told of where clients stand, through the whole gateway behind a proxy. */
class BackendsReferencesTest {

    private static final String SAID = "\nX-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: https"
            + "\nX-Forwarded-Host: shop.example\nX-Forwarded-Prefix: /outer";

    private static ScriptedServer backend;
    private static Listeners gateway;

    @BeforeAll
    static void start() throws IOException {
        backend = new ScriptedServer(conversation -> {
            for (String head = conversation.request(); head != null; head = conversation.request()) {
                conversation.say("HTTP/1.1 201 Created\r\n" + asked(head) + "Content-Length: 2\r\n\r\nok");
            }
        });
        gateway = Listeners.dispatching(
                "sluice.ingress.trusted-proxies=127.0.0.1",
                "sluice.routes.direct.path=/api/direct/**",
                "sluice.routes.direct.backend=" + backend.uri() + "/app",
                "sluice.routes.direct.strip-prefix=1",
                "sluice.routes.direct.mode=negotiate",
                "sluice.routes.plain.path=/api/plain/**",
                "sluice.routes.plain.backend=" + backend.uri() + "/app",
                "sluice.routes.plain.strip-prefix=1",
                "sluice.routes.plain.mode=sync");
    }

    /** The fields that the request wants in its answer. */
    private static String asked(String head) {
        StringBuilder fields = new StringBuilder();
        Arrays.stream(head.split("\r\n"))
                .filter(line -> line.startsWith("Want-"))
                .forEach(line -> fields.append(line.substring(5).replace("BACKEND", backend.uri()))
                        .append("\r\n"));
        return fields.toString();
    }

    @AfterEach
    void forget() {
        assertThat(backend.failures).isEmpty();
        backend.heads.clear();
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        backend.close();
    }

    private static Wire.Reply post(String path, String fields) throws IOException {
        return Wire.call(gateway.port(), "POST " + path + " HTTP/1.1\nHost: inner\nContent-Length: 0" + fields);
    }

    @ParameterizedTest
    @CsvSource({
        "/things/7, /things/7",
        "/app/things/7, /api/things/7",
        "BACKEND/app/things/7?x=1#y, /api/things/7?x=1#y",
        "7, /api/KIND/a/7",
        "https://elsewhere.example/7, https://elsewhere.example/7"
    })
    void aReferenceLeadsWhereTheBackendMeant(String said, String expected) throws IOException {
        String want = "\nWant-Location: " + said + "\nWant-Content-Location: " + said;
        for (String kind : new String[] {"direct", "plain"}) {
            Wire.Reply reply = post("/api/" + kind + "/a/b", want);
            assertThat(reply.status()).isEqualTo(201);
            String own = expected.replace("KIND", kind);
            assertThat(reply.all("Location")).as(kind).containsExactly(own);
            assertThat(reply.all("Content-Location")).as(kind).containsExactly(own);
            assertThat(reply.field("Proxy-Status"))
                    .as("of the backend's answer")
                    .isNull();
            if (kind.equals("direct")) {
                String result = reply.job() + "/result";
                assertThat(Wire.call(gateway.port(), "GET " + result + " HTTP/1.1\nHost: g")
                                .all("Location"))
                        .containsExactly(own);
                if (own.startsWith("/api")) {
                    assertThat(Wire.call(gateway.port(), "GET " + result + " HTTP/1.1\nHost: g" + SAID)
                                    .all("Location"))
                            .as("to one behind a prefix")
                            .containsExactly("/outer" + own);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "plain"})
    void behindAPrefixAPathBeginsWithIt(String kind) throws IOException {
        Wire.Reply reply = post("/api/" + kind, SAID + "\nWant-Location: x\nWant-Content-Location: //other.example/x");
        assertThat(reply.field("Location")).isEqualTo("/outer/api/x");
        assertThat(reply.field("Content-Location")).isEqualTo("//other.example/x");
    }

    @Test
    void theBackendsCreatedThingIsNotTheJob() throws IOException {
        Wire.Reply reply = post("/api/direct", "");
        assertThat(reply.status()).isEqualTo(201);
        assertThat(reply.field("Location")).isNull();
        assertThat(reply.job()).startsWith("/jobs/");
        assertThat(Wire.call(gateway.port(), "GET " + reply.job() + "/result HTTP/1.1\nHost: g")
                        .field("Location"))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "plain"})
    void whatTheProxySaysTheBackendReadsInBothForms(String kind) throws IOException {
        post("/api/" + kind, SAID);
        post(
                "/api/" + kind,
                "\nForwarded: for=203.0.113.9;proto=https;host=shop.example\nX-Forwarded-Prefix: /outer"
                        + "\nX-Forwarded-Host: inner");
        assertThat(backend.heads).hasSize(2).allSatisfy(head -> {
            List<String> fields = Arrays.asList(head.split("\r\n"));
            assertThat(fields)
                    .contains(
                            "Forwarded: for=203.0.113.9;proto=https;host=shop.example, for=127.0.0.1",
                            "X-Forwarded-For: 203.0.113.9, 127.0.0.1",
                            "X-Forwarded-Proto: https",
                            "X-Forwarded-Host: shop.example",
                            "X-Forwarded-Prefix: /outer/api");
            assertThat(head).doesNotContain("inner");
            for (String form : new String[] {"Forwarded:", "X-Forwarded-"}) {
                assertThat(seenBySpring(fields, form)).hasToString("https://shop.example/x");
            }
        });
    }

    /** The URL of a request as Spring's own look at one of the two forms has it. */
    private static URI seenBySpring(List<String> fields, String form) {
        HttpHeaders headers = new HttpHeaders();
        fields.stream()
                .filter(field -> field.startsWith(form))
                .forEach(field ->
                        headers.add(field.substring(0, field.indexOf(':')), field.substring(field.indexOf(':') + 2)));
        return ForwardedHeaderUtils.adaptFromForwardedHeaders(URI.create("http://backend.internal:9000/x"), headers)
                .build()
                .toUri();
    }
}
