package dev.sluice.ingress.forwarded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.ingress.Nonsense;
import dev.sluice.route.ConfigurationException;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {

    private static final TrustedProxies PROXIES = TrustedProxies.of(List.of("10.0.0.0/8", "192.0.2.1", "fd00::/8"));
    private static final ClientOrigin UNTOLD = new ClientOrigin("10.0.0.1", "http", "gw:8080", "", true);

    private static ClientOrigin origin(TrustedProxies proxies, String peer, String... fields) {
        HttpHeaders request = new DefaultHttpHeaders(false);
        for (int i = 0; i < fields.length; i += 2) {
            request.add(fields[i], fields[i + 1]);
        }
        return proxies.origin(address(peer), "http", "gw:8080", request);
    }

    private static ClientOrigin origin(String... fields) {
        return origin(PROXIES, "10.0.0.1", fields);
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void nobodyIsBelievedUnlessConfigured() {
        TrustedProxies none = TrustedProxies.of(List.of());
        assertThat(origin(none, "10.0.0.1", "Forwarded", "for=192.0.2.9;proto=https", "X-Forwarded-For", "192.0.2.9"))
                .isEqualTo(new ClientOrigin("10.0.0.1", "http", "gw:8080", "", false));
        assertThat(none.origin(null, "http", "h", new DefaultHttpHeaders()))
                .isEqualTo(new ClientOrigin("", "http", "h", "", false));
    }

    @Test
    void anUntrustedPeerIsNotBelieved() {
        assertThat(origin(
                        PROXIES,
                        "192.0.2.2",
                        "Forwarded",
                        "for=192.0.2.9;proto=https;host=x",
                        "X-Forwarded-For",
                        "192.0.2.9",
                        "X-Forwarded-Proto",
                        "https",
                        "X-Forwarded-Host",
                        "x",
                        "X-Forwarded-Prefix",
                        "/x"))
                .isEqualTo(new ClientOrigin("192.0.2.2", "http", "gw:8080", "", false));
        assertThat(PROXIES.origin(null, "http", "h", new DefaultHttpHeaders()).trusted())
                .isFalse();
    }

    @Test
    void aTrustedPeerMaySayNothing() {
        assertThat(origin()).isEqualTo(UNTOLD);
        assertThat(origin(PROXIES, "fd00:0:0:0::1"))
                .isEqualTo(new ClientOrigin("fd00::1", "http", "gw:8080", "", true));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            for=192.0.2.9                                                     | 192.0.2.9    | http  | gw:8080
            FOR=192.0.2.9;Proto=HTTPS;HOST=a.example                          | 192.0.2.9    | https | a.example
            for="192.0.2.9:4711" ; host="a.example:8443"; by=x; secret="a,b"; | 192.0.2.9    | http  | a.example:8443
            for=192.0.2.9:4711;host=a.example:8443                            | 192.0.2.9    | http  | a.example:8443
            for="[2001:DB8::9]"                                               | 2001:db8::9  | http  | gw:8080
            for="[2001:db8::9]:4711"                                          | 2001:db8::9  | http  | gw:8080
            for="[2001:db8::9]:_p"                                            | 2001:db8::9  | http  | gw:8080
            for=[2001:db8::9]                                                 | 2001:db8::9  | http  | gw:8080
            for="[::ffff:192.0.2.9]"                                          | 192.0.2.9    | http  | gw:8080
            for="\\192.0.2.9"                                                 | 192.0.2.9    | http  | gw:8080
            for=198.51.100.7, for=192.0.2.9                                   | 192.0.2.9    | http  | gw:8080
            for=192.0.2.9, for=10.1.1.1,, for="[fd00::7]:1" ,                 | 192.0.2.9    | http  | gw:8080
            for=10.1.1.1, for=10.1.1.2                                        | 10.1.1.1     | http  | gw:8080
            for=192.0.2.9;proto=https;host=a, for=10.1.1.1;proto=http;host=b  | 192.0.2.9    | https | a
            for=192.0.2.9, for=10.1.1.1;proto=https;host=b                    | 192.0.2.9    | https | b
            for=1.1.1.1;proto=https;host=a, for=192.0.2.9                     | 192.0.2.9    | http  | gw:8080
            for=unknown;proto=https                                           | 10.0.0.1     | https | gw:8080
            for=192.0.2.9, for=unknown                                        | 10.0.0.1     | http  | gw:8080
            for=192.0.2.9, for=_hidden-1                                      | _hidden-1    | http  | gw:8080
            for=_, for=10.1.1.1                                               | _            | http  | gw:8080
            for="_a b"                                                        | 10.0.0.1     | http  | gw:8080
            proto=https;host=a                                                | 10.0.0.1     | https | a
            for=192.0.2.9, proto=https                                        | 10.0.0.1     | https | gw:8080
            for=192.0.2.9;proto=ftp;host="a b"                                | 192.0.2.9    | http  | gw:8080
            for=192.0.2.9;host=""                                             | 192.0.2.9    | http  | gw:8080
            for=192.0.2.9;host="a/b"                                          | 192.0.2.9    | http  | gw:8080
            for=192.0.2.9;host="u@a"                                          | 192.0.2.9    | http  | gw:8080
            for=example.org                                                   | 10.0.0.1     | http  | gw:8080
            for=localhost                                                     | 10.0.0.1     | http  | gw:8080
            for=192.0.2.9;for=192.0.2.8                                       | 10.0.0.1     | http  | gw:8080
            for=192.0.2.9;by=_a;By=_b                                         | 10.0.0.1     | http  | gw:8080
            for                                                               | 10.0.0.1     | http  | gw:8080
            for=                                                              | 10.0.0.1     | http  | gw:8080
            for=192.0.2.9 proto=https                                         | 10.0.0.1     | http  | gw:8080
            for="192.0.2.9                                                    | 10.0.0.1     | http  | gw:8080
            =192.0.2.9                                                        | 10.0.0.1     | http  | gw:8080
            nonsense, for=10.1.1.1                                            | 10.1.1.1     | http  | gw:8080
            ~~                                                                | 10.0.0.1     | http  | gw:8080
            """)
    void theStandardField(String forwarded, String client, String scheme, String host) {
        ClientOrigin expected = new ClientOrigin(client, scheme, host, "", true);
        assertThat(origin("Forwarded", forwarded)).isEqualTo(expected);
        assertThat(origin("Forwarded", forwarded, "X-Forwarded-For", "8.8.8.8", "X-Forwarded-Host", "other"))
                .as("wins over the usual ones")
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "for=\"",
                "for=\"1.1.1.1, x",
                "\"",
                "\\\"",
                "a\"b\"c\"",
                "for=\"\\\\\\\"",
                "for=\"a\\",
                "=,=,\"",
                ";;\""
            })
    void whatAClientMadeUpCannotSpoilWhatAProxyAdded(String madeUp) {
        assertThat(origin("Forwarded", madeUp + ", for=\"[2001:db8::9]:1\";proto=https"))
                .isEqualTo(new ClientOrigin("2001:db8::9", "https", "gw:8080", "", true));
        assertThat(origin("Forwarded", madeUp, "Forwarded", "for=192.0.2.9").client())
                .isEqualTo("192.0.2.9");
        assertThat(origin("X-Forwarded-For", madeUp + ", 192.0.2.9").client()).isEqualTo("192.0.2.9");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            192.0.2.9                          | 192.0.2.9
            192.0.2.9:4711                     | 192.0.2.9
            2001:db8::9                        | 2001:db8::9
            [2001:db8::9]                      | 2001:db8::9
            [2001:db8::9]:4711                 | 2001:db8::9
            198.51.100.7, 192.0.2.9            | 192.0.2.9
            198.51.100.7 ,192.0.2.9 , 10.1.1.1 | 192.0.2.9
            192.0.2.9,192.0.2.1,,fd00::7       | 192.0.2.9
            10.1.1.1                           | 10.1.1.1
            192.0.2.9, nonsense                | 10.0.0.1
            192.0.2.9, unknown, 10.1.1.1       | 10.1.1.1
            192.0.2.9:                         | 10.0.0.1
            192.0.2.9:123456                   | 10.0.0.1
            192.0.2.9:x                        | 10.0.0.1
            [192.0.2.9]                        | 10.0.0.1
            [2001:db8::9                       | 10.0.0.1
            [2001:db8::9]x                     | 10.0.0.1
            [2001:db8::9]4711                  | 10.0.0.1
            fe80::9%eth0                       | 10.0.0.1
            192.0.2                            | 10.0.0.1
            192.0.2.256                        | 10.0.0.1
            0xc0000209                         | 10.0.0.1
            3221225993                         | 10.0.0.1
            ]                                  | 10.0.0.1
            []                                 | 10.0.0.1
            :                                  | 10.0.0.1
            ::                                 | ::
            """)
    void theUsualField(String forwardedFor, String client) {
        assertThat(origin("X-Forwarded-For", forwardedFor).client()).isEqualTo(client);
    }

    @Test
    void theUsualFieldInSeveralLines() {
        assertThat(origin("X-Forwarded-For", "198.51.100.7, 192.0.2.9", "X-Forwarded-For", "10.1.1.1, 10.1.1.2")
                        .client())
                .isEqualTo("192.0.2.9");
    }

    @Test
    void theFieldsBesideTheUsualOne() {
        assertThat(origin(
                        "X-Forwarded-For",
                        "192.0.2.9",
                        "X-Forwarded-Proto",
                        "https",
                        "X-Forwarded-Host",
                        "a.example:444",
                        "X-Forwarded-Prefix",
                        "/api/v1/"))
                .isEqualTo(new ClientOrigin("192.0.2.9", "https", "a.example:444", "/api/v1", true));
        assertThat(origin("X-Forwarded-Proto", "https", "X-Forwarded-Host", "a"))
                .isEqualTo(new ClientOrigin("10.0.0.1", "https", "a", "", true));
    }

    @Test
    void asManyOfThemCountAsThereAreTrustedProxies() {
        String[] fields = {"X-Forwarded-Proto", "http, https", "X-Forwarded-Host", "evil, a", "X-Forwarded-For", ""};
        fields[5] = "192.0.2.9";
        assertThat(origin(fields)).isEqualTo(new ClientOrigin("192.0.2.9", "https", "a", "", true));
        fields[5] = "192.0.2.9, 10.1.1.1";
        assertThat(origin(fields)).isEqualTo(new ClientOrigin("192.0.2.9", "http", "evil", "", true));
        fields[5] = "192.0.2.9, 10.1.1.1, 10.1.1.2";
        assertThat(origin(fields)).isEqualTo(new ClientOrigin("192.0.2.9", "http", "evil", "", true));
    }

    @Test
    void thePrefixIsBelievedBesideTheStandardFieldToo() {
        assertThat(origin("Forwarded", "for=192.0.2.9", "X-Forwarded-Prefix", "/api"))
                .isEqualTo(new ClientOrigin("192.0.2.9", "http", "gw:8080", "/api", true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "/", "//", "api", "/a//b", "/../x", "/a/..", "/a b", "/a?b", "/%41", "//evil.example", "/a\""
            })
    void prefixesThatAreNone(String prefix) {
        assertThat(origin("X-Forwarded-Prefix", prefix)).isEqualTo(UNTOLD);
    }

    @Test
    void whatIsBelievedIsBounded() {
        assertThat(origin("X-Forwarded-Prefix", "/" + "a".repeat(199)).prefix()).hasSize(200);
        assertThat(origin("X-Forwarded-Prefix", "/" + "a".repeat(200))).isEqualTo(UNTOLD);
        assertThat(origin("X-Forwarded-Host", "a".repeat(262))).isEqualTo(UNTOLD);
        assertThat(origin("Forwarded", "for=_" + "a".repeat(64))).isEqualTo(UNTOLD);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.1.2.3/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "192.0.2.128/25, 192.0.2.128, true",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.4/31, 192.0.2.5, true",
        "192.0.2.4/31, 192.0.2.6, false",
        "192.0.2.4/32, 192.0.2.4, true",
        "192.0.2.4, 192.0.2.4, true",
        "192.0.2.4, 192.0.2.5, false",
        "0.0.0.0/0, 203.0.113.1, true",
        "0.0.0.0/0, ::1, false",
        "::/0, ::1, true",
        "::/0, 203.0.113.1, false",
        "fd00::/8, fdff::1, true",
        "fd00::/8, fe00::1, false",
        "fc00::/7, fdff::1, true",
        "fc00::/7, fe80::1, false",
        "2000::/3, 3fff::1, true",
        "2000::/3, fe80::1, false",
        "::/0, fe80::1, true",
        "2001:db8:8000::/33, 2001:db8:8000::1, true",
        "2001:db8:8000::/33, 2001:db8:7fff::1, false",
        "::1, ::1, true",
        "::ffff:10.0.0.0/104, 10.1.2.3, true",
        "::ffff:10.0.0.0/104, 11.1.2.3, false",
        "::ffff:10.0.0.1, 10.0.0.1, true"
    })
    void networks(String network, String peer, boolean trusted) {
        assertThat(origin(TrustedProxies.of(List.of(network)), peer).trusted()).isEqualTo(trusted);
    }

    @Test
    void aPeerWithAnIpv4MappedAddress() throws UnknownHostException {
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 10, 0, 0, 1};
        InetAddress peer = Inet6Address.getByAddress(null, mapped, -1);
        assertThat(peer).isInstanceOf(Inet6Address.class);
        assertThat(PROXIES.origin(peer, "http", "gw:8080", new DefaultHttpHeaders()))
                .isEqualTo(UNTOLD);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/8",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/x",
                "10.0.0.0/8/8",
                "10.0.0.0/0000000008",
                "10.0.0/8",
                "10.0.0.0-10.0.0.9",
                "fd00::/129",
                "::ffff:10.0.0.0/90",
                "[::1]",
                "fe80::1%eth0",
                "localhost",
                "proxy.example",
                "*"
            })
    void networksThatStopTheStart(String network) {
        assertThatThrownBy(() -> TrustedProxies.of(List.of("10.0.0.1", network)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("sluice.ingress.trusted-proxies is '" + network + "'; expected: IP addresses or ranges of"
                        + " them, such as 10.0.0.0/8, 192.0.2.1 or fd00::/8");
    }

    @Test
    void nonsenseIsNotBelieved() {
        String[] parts = {
            "for=",
            "proto=",
            "host=",
            "https",
            "10.1.1.1",
            "192.0.2.9",
            "\"",
            "\\",
            "[",
            "]",
            ":",
            "::1",
            ",",
            ";",
            " ",
            "unknown",
            "_x",
            "80",
            "a",
            "/"
        };
        Nonsense.each(parts, value -> {
            for (String field : new String[] {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host"}) {
                ClientOrigin origin = origin(field, value, "X-Forwarded-Prefix", value);
                assertThat(origin.client()).matches("[0-9a-f.:]+|_[!-~]*");
                assertThat(origin.scheme()).isIn("http", "https");
                assertThat(origin.host()).matches("[!-~]+");
                assertThat(origin.prefix()).matches("(/[A-Za-z0-9._~-]+)*");
            }
        });
    }
}
