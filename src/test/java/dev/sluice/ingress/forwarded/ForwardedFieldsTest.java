package dev.sluice.ingress.forwarded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Nonsense;
import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a trusted proxy says in one form is told in both, with the same hops. */
class ForwardedFieldsTest {

    private static Headers told(String... fields) {
        HttpHeaders received = new DefaultHttpHeaders(false);
        for (int i = 0; i < fields.length; i += 2) {
            received.add(fields[i], fields[i + 1]);
        }
        return told(TrustedProxies.of(List.of("0.0.0.0/0", "::/0")), received);
    }

    private static Headers told(TrustedProxies proxies, HttpHeaders received) {
        List<Header> told = new ArrayList<>();
        ForwardedFields.write(
                received, proxies.origin(InetAddress.getLoopbackAddress(), "http", "inner", received), told);
        return new Headers(told);
    }

    /** What a client has written itself stands further left where a proxy appends. */
    @Test
    void aHostThatOnlyTheClientSaysIsNotTold() {
        TrustedProxies proxies = TrustedProxies.of(List.of("127.0.0.0/8"));
        HttpHeaders usual = new DefaultHttpHeaders(false);
        usual.add("X-Forwarded-For", "9.9.9.9, 203.0.113.9");
        usual.add("X-Forwarded-Proto", "gopher, https");
        usual.add("X-Forwarded-Host", "evil.example, shop.example");
        assertThat(told(proxies, usual))
                .isEqualTo(Headers.of(
                        "Forwarded",
                        "for=9.9.9.9;proto=https;host=shop.example, for=203.0.113.9;proto=https;host=shop.example",
                        "X-Forwarded-For",
                        "9.9.9.9, 203.0.113.9",
                        "X-Forwarded-Proto",
                        "https",
                        "X-Forwarded-Host",
                        "shop.example"));
        HttpHeaders standard = new DefaultHttpHeaders(false);
        standard.add("Forwarded", "for=9.9.9.9;host=evil.example, for=203.0.113.9;proto=https;host=shop.example");
        assertThat(told(proxies, standard))
                .isEqualTo(Headers.of(
                        "Forwarded",
                        "for=9.9.9.9;proto=https;host=shop.example, for=203.0.113.9;proto=https;host=shop.example",
                        "X-Forwarded-For",
                        "9.9.9.9, 203.0.113.9",
                        "X-Forwarded-Proto",
                        "https",
                        "X-Forwarded-Host",
                        "shop.example"));
    }

    @Test
    void nothingIsMadeOfNothing() {
        assertThat(told("X-Forwarded-Prefix", "/api")).isEqualTo(Headers.NONE);
        assertThat(told("X-Forwarded-For", "")).isEqualTo(Headers.NONE);
        assertThat(told("Forwarded", "nonsense")).isEqualTo(Headers.NONE);
    }

    @Test
    void theUsualFieldsAreToldAsTheStandardOneToo() {
        assertThat(told(
                        "X-Forwarded-For",
                        "203.0.113.9",
                        "X-Forwarded-Proto",
                        "https",
                        "X-Forwarded-Host",
                        "shop.example:8443"))
                .isEqualTo(Headers.of(
                        "Forwarded",
                        "for=203.0.113.9;proto=https;host=\"shop.example:8443\"",
                        "X-Forwarded-For",
                        "203.0.113.9",
                        "X-Forwarded-Proto",
                        "https",
                        "X-Forwarded-Host",
                        "shop.example:8443"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            203.0.113.9, 10.1.1.1              | https       | for=203.0.113.9;proto=https, for=10.1.1.1;proto=https | https
            203.0.113.9, 10.1.1.1              | https, http | for=203.0.113.9;proto=https, for=10.1.1.1;proto=http  | https
            203.0.113.9                        | http, https | for=203.0.113.9;proto=http                            | http
            203.0.113.9:4711, [2001:db8::9]:1  | https       | for=203.0.113.9;proto=https, for="[2001:db8::9]";proto=https | https
            2001:db8::9, nonsense, _hidden     | https       | for="[2001:db8::9]";proto=https, for=unknown, for=_hidden;proto=https | https
            ";for=evil                         | https       | for=unknown;proto=https                               | https
            """)
    void everyHopIsOneElement(String nodes, String protos, String forwarded, String proto) {
        Headers told = told("X-Forwarded-For", nodes, "X-Forwarded-Proto", protos);
        assertThat(told.all("Forwarded")).containsExactly(forwarded);
        assertThat(told.all("X-Forwarded-For")).containsExactly(nodes);
        assertThat(told.all("X-Forwarded-Proto")).containsExactly(proto);
    }

    @Test
    void whatIsNoSchemeOrHostIsNotTold() {
        assertThat(told(
                        "X-Forwarded-For",
                        "203.0.113.9",
                        "X-Forwarded-Proto",
                        "gopher",
                        "X-Forwarded-Host",
                        "a\";for=evil"))
                .isEqualTo(Headers.of("Forwarded", "for=203.0.113.9", "X-Forwarded-For", "203.0.113.9"));
    }

    @Test
    void aPortThatIsSaidOnItsOwnBelongsToTheHost() {
        Headers told =
                told("X-Forwarded-For", "203.0.113.9", "X-Forwarded-Host", "shop.example", "X-Forwarded-Port", "8443");
        assertThat(told.all("Forwarded")).containsExactly("for=203.0.113.9;host=\"shop.example:8443\"");
        assertThat(told.all("X-Forwarded-Host")).containsExactly("shop.example:8443");
        for (String port : new String[] {"443", "80", "x", "0", "123456"}) {
            assertThat(told("X-Forwarded-Host", "shop.example", "X-Forwarded-Port", port)
                            .all("X-Forwarded-Host"))
                    .containsExactly("shop.example");
        }
        assertThat(told("X-Forwarded-Host", "[::1]", "X-Forwarded-Port", "8080").all("X-Forwarded-Host"))
                .containsExactly("[::1]:8080");
    }

    @Test
    void withoutANodeThereIsTheProxysOwnHop() {
        assertThat(told("X-Forwarded-Proto", "http, https", "X-Forwarded-Host", "shop.example"))
                .isEqualTo(Headers.of("X-Forwarded-Proto", "https", "X-Forwarded-Host", "shop.example"));
    }

    @Test
    void theStandardFieldIsToldAsTheUsualOnesTooAndCounts() {
        String forwarded = "for=\"[2001:db8::9]:4711\";proto=https;host=\"shop.example\";by=_x, for=10.1.1.1";
        Headers expected = Headers.of(
                "Forwarded",
                forwarded,
                "X-Forwarded-For",
                "2001:db8::9, 10.1.1.1",
                "X-Forwarded-Proto",
                "https",
                "X-Forwarded-Host",
                "shop.example");
        assertThat(told("Forwarded", forwarded)).isEqualTo(expected);
        assertThat(told(
                        "X-Forwarded-For",
                        "198.51.100.7",
                        "X-Forwarded-Host",
                        "inner",
                        "Forwarded",
                        forwarded,
                        "X-Forwarded-Proto",
                        "http"))
                .isEqualTo(expected);
        assertThat(told("Forwarded", "by=_x, for=10.1.1.1").all("X-Forwarded-For"))
                .containsExactly("unknown, 10.1.1.1");
    }

    /** A gateway behind this one comes to the same client by either form. */
    @Test
    void bothFormsLeadToTheSameClient() {
        TrustedProxies all = TrustedProxies.of(List.of("0.0.0.0/0"));
        String[] parts = {"203.0.113.9", "10.1.1.1", ", ", "https", "http", "shop.example", "_x", "\"", ";", "::1"};
        Nonsense.each(parts, value -> {
            Headers told =
                    told("X-Forwarded-For", value, "X-Forwarded-Proto", value, "X-Forwarded-Host", "shop.example");
            if (told.first("Forwarded").isEmpty()) {
                return;
            }
            assertThat(origin(all, "Forwarded", told).client())
                    .isEqualTo(origin(all, "X-Forwarded-", told).client());
            assertThat(told.first("Forwarded").orElseThrow()).contains("host=shop.example");
        });
    }

    private static ClientOrigin origin(TrustedProxies proxies, String prefix, Headers told) {
        HttpHeaders fields = new DefaultHttpHeaders(false);
        told.fields().stream()
                .filter(field -> field.name().startsWith(prefix))
                .forEach(field -> fields.add(field.name(), field.value()));
        return proxies.origin(InetAddress.getLoopbackAddress(), "http", "inner", fields);
    }
}
