package dev.sluice.ingress.forwarded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Origins;
import dev.sluice.job.Headers;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndToEndFieldsTest {

    private static HttpHeaders received(String... namesAndValues) {
        HttpHeaders received = new DefaultHttpHeaders(false);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            received.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return received;
    }

    @Test
    void allOthersAreKeptAsTheyCame() {
        String[] fields = {
            "Host",
            "gw",
            "X-Twice",
            "1",
            "x-twice",
            "2",
            "Content-Type",
            "a/b",
            "TEx",
            "1",
            "Forwardedx",
            "y",
            "Cookie",
            ""
        };
        assertThat(EndToEndFields.of(received(fields), Origins.STRANGER, true)).isEqualTo(Headers.of(fields));
        assertThat(EndToEndFields.of(received(fields), Origins.STRANGER, false)).isEqualTo(Headers.of(fields));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection",
                "KEEP-ALIVE",
                "Proxy-Authorization",
                "proxy-connection",
                "TE",
                "Trailer",
                "Transfer-Encoding",
                "Upgrade",
                "Expect",
                "HTTP2-Settings",
                "x-http2-stream-id"
            })
    void thoseOfTheConnectionEndHere(String name) {
        assertThat(EndToEndFields.of(received("A", "1", name, "x", "B", "2"), Origins.PROXY, true))
                .isEqualTo(Headers.of("A", "1", "B", "2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x-hop", "close, X-HOP ,x", "keep-alive,x-hop", ",x-hop"})
    void thoseNamedByTheConnectionEndHere(String connection) {
        assertThat(EndToEndFields.of(
                        received("X-Hop", "1", "Connection", connection, "X-Hope", "2"), Origins.STRANGER, false))
                .isEqualTo(Headers.of("X-Hope", "2"));
        assertThat(EndToEndFields.of(
                        received("X-Hop", "1", "Connection", "close", "Connection", connection, "Y", "2"),
                        Origins.STRANGER,
                        false))
                .isEqualTo(Headers.of("Y", "2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"close", "Keep-Alive", ""})
    void aConnectionUsuallyNamesNone(String connection) {
        assertThat(EndToEndFields.of(received("Connection", connection, "Y", "2"), Origins.STRANGER, false))
                .isEqualTo(Headers.of("Y", "2"));
    }

    @Test
    void whatIsSaidOfOthersIsKeptOnlyFromThoseWhoAreTrusted() {
        String[] fields = {
            "A",
            "1",
            "Forwarded",
            "for=a",
            "forwarded",
            "for=b",
            "X-Forwarded-For",
            "a",
            "X-FORWARDED-Proto",
            "https",
            "x-forwarded-anything",
            "x",
            "X_Forwarded-Port",
            "1",
            "X-Forwarded",
            "y"
        };
        assertThat(EndToEndFields.of(received(fields), Origins.PROXY, false))
                .isEqualTo(Headers.of(
                        "A",
                        "1",
                        "x-forwarded-anything",
                        "x",
                        "X_Forwarded-Port",
                        "1",
                        "X-Forwarded",
                        "y",
                        "Forwarded",
                        "for=a",
                        "Forwarded",
                        "for=b",
                        "X-Forwarded-For",
                        "unknown, unknown"));
        assertThat(EndToEndFields.of(received(fields), Origins.STRANGER, false)).isEqualTo(Headers.of("A", "1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Proxy",
                "X-Original-URL",
                "x-original-url",
                "X_Original_Url",
                "X-Rewrite-URL",
                "X-Real-IP",
                "X-REAL_IP",
                "True-Client-IP",
                "CF-Connecting-IP",
                "X-Client-IP",
                "X-Cluster-Client-IP",
                "Fastly-Client-IP",
                "X-Forwarded",
                "X-Forwarded-Server",
                "Forwarded-For",
                "Front-End-Https",
                "X-Envoy-Original-Path",
                "WL-Proxy-Client-IP",
                "DO-Connecting-IP",
                "Ali-CDN-Real-IP",
                "X-HTTP-Method-Override",
                "X-HTTP-Method",
                "x-method-override"
            })
    void strangersDoNotSteerTheBackend(String name) {
        String[] fields = {"A", "1", name, "/admin"};
        assertThat(EndToEndFields.of(received(fields), Origins.STRANGER, false)).isEqualTo(Headers.of("A", "1"));
        assertThat(EndToEndFields.of(received(fields), Origins.PROXY, false)).isEqualTo(Headers.of(fields));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Proxyx",
                "X-Original",
                "X-Real",
                "X-Forwardedx",
                "Client",
                "X-Request-Id",
                "Accept",
                "X-Method",
                "_"
            })
    void whatOnlyLooksLikeThatIsTheClients(String name) {
        String[] fields = {name, "1"};
        assertThat(EndToEndFields.of(received(fields), Origins.STRANGER, false)).isEqualTo(Headers.of(fields));
    }

    @Test
    void preferencesThatTheGatewaySeesToAreLeftOut() {
        String[] fields = {
            "A", "1", "Prefer", "respond-async", "prefer", "return=minimal, wait=5, x", "PREFER", "y", "B", "2"
        };
        assertThat(EndToEndFields.of(received(fields), Origins.STRANGER, true))
                .isEqualTo(Headers.of("A", "1", "prefer", "return=minimal, x", "PREFER", "y", "B", "2"));
        assertThat(EndToEndFields.of(received(fields), Origins.STRANGER, false)).isEqualTo(Headers.of(fields));
    }
}
