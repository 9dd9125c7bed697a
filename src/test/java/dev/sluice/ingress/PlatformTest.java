package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the platform and Spring Boot's own setting, a stranger's {@code Forwarded} and {@code X-Forwarded-*} count for nothing. */
class PlatformTest {

    private static final String STRANGER =
            "\nX-Forwarded-For: 203.0.113.%d\nX-Forwarded-Proto: https\nX-Forwarded-Port: 444"
                    + "\nX-Forwarded-Host: evil.example\nX-Forwarded-Prefix: /evil\nForwarded: for=203.0.113.%1$d;proto=https;host=evil.example";

    static Arguments[] platforms() {
        return new Arguments[] {
            Arguments.of("none", Map.of(), ""),
            Arguments.of(
                    "Kubernetes", Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1", "KUBERNETES_SERVICE_PORT", "443"), ""),
            Arguments.of("Heroku", Map.of("DYNO", "web.1"), ""),
            Arguments.of("a setting", Map.of("SERVER_FORWARD_HEADERS_STRATEGY", "native"), ""),
            Arguments.of("another setting", Map.of(), "server.forward-headers-strategy=framework")
        };
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("platforms")
    void strangersAreNotBelieved(String name, Map<String, Object> variables, String setting) throws Exception {
        String[] settings = {
            "sluice.routes.work.path=/work",
            "sluice.routes.work.backend=http://localhost:1",
            "sluice.routes.work.rate-limit.by=ip",
            "sluice.routes.work.rate-limit.limit=1/h",
            "sluice.routes.work.rate-limit.burst=2",
            setting.isEmpty() ? "debug=false" : setting
        };
        try (Listeners listeners = Listeners.under(variables, settings)) {
            Wire.Reply first = call(listeners, 1);
            assertThat(first.field("Location")).isEqualTo("/jobs/" + Listeners.id(first));
            var head = listeners.request(Listeners.id(first)).head();
            assertThat(head.origin().client()).isEqualTo("127.0.0.1");
            assertThat(head.origin().scheme()).isEqualTo("http");
            assertThat(head.origin().host()).isEqualTo("inner");
            assertThat(call(listeners, 2).status()).isEqualTo(202);
            assertThat(call(listeners, 3).status())
                    .as("the same client by its address")
                    .isEqualTo(429);

            Wire.Reply list = Wire.call(
                    listeners.managementPort(),
                    "GET /jobs?limit=1 HTTP/1.1\nHost: 127.0.0.1:" + listeners.managementPort()
                            + STRANGER.formatted(4));
            assertThat(list.status()).isEqualTo(200);
            assertThat(list.field("Link")).startsWith("</jobs?").doesNotContain("evil");
        }
    }

    private static Wire.Reply call(Listeners listeners, int client) throws Exception {
        return Wire.call(
                listeners.port(),
                "POST /work HTTP/1.1\nHost: inner\nContent-Length: 2" + STRANGER.formatted(client),
                "hi".getBytes());
    }
}
