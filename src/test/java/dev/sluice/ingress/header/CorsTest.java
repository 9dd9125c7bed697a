package dev.sluice.ingress.header;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.ingress.Nonsense;
import dev.sluice.route.ConfigurationException;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CorsTest {

    private static final Cors NONE = Cors.of(List.of());
    private static final Cors ANY = Cors.of(List.of("*"));
    private static final Cors TWO = Cors.of(List.of("https://app.example", "http://localhost:3000"));

    private static HttpHeaders fields(String... namesAndValues) {
        HttpHeaders fields = new DefaultHttpHeaders(false);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }

    private static HttpHeaders answer(Cors cors, String... request) {
        HttpHeaders answer = fields();
        cors.answer(fields(request), answer);
        return answer;
    }

    private static HttpHeaders preflight(Cors cors, String methods, String... request) {
        HttpHeaders answer = fields();
        cors.preflight(fields(request), methods, answer);
        return answer;
    }

    private static void assertOnlyVaries(HttpHeaders answer) {
        assertThat(answer.names()).containsExactly("Vary");
        assertThat(answer.getAll("Vary")).containsExactly("Origin");
    }

    @Test
    void nothingIsSaidUnlessConfigured() {
        assertThat(NONE.configured()).isFalse();
        assertThat(answer(NONE, "Origin", "https://app.example").isEmpty()).isTrue();
        assertThat(preflight(NONE, "GET", "Origin", "https://app.example", "Access-Control-Request-Method", "GET")
                        .isEmpty())
                .isTrue();
        assertThat(ANY.configured()).isTrue();
        assertThat(TWO.configured()).isTrue();
    }

    @Test
    void anAllowedOriginMaySeeTheAnswer() {
        HttpHeaders answer = answer(TWO, "Origin", "https://app.example");
        assertThat(answer.get("Access-Control-Allow-Origin")).isEqualTo("https://app.example");
        assertThat(answer.getAll("Vary")).containsExactly("Origin");
        List<String> exposed =
                Arrays.asList(answer.get("Access-Control-Expose-Headers").split(", "));
        assertThat(exposed)
                .contains("Location", "Link", "Retry-After", "ETag", "Preference-Applied", "Idempotency-Replayed")
                .contains("RateLimit", "RateLimit-Policy", "Content-Range", "Allow", "Accept");
        assertThat(answer.contains("Access-Control-Allow-Credentials")).isFalse();
        assertThat(answer(TWO, "Origin", "http://localhost:3000").get("Access-Control-Allow-Origin"))
                .isEqualTo("http://localhost:3000");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://other.example",
                "http://app.example",
                "https://app.example:444",
                "https://app.example/",
                "https://app.example.evil",
                "HTTPS://app.example",
                "https://app.example, https://app.example",
                "null",
                "*",
                ""
            })
    void anyOtherOriginMayNot(String origin) {
        assertOnlyVaries(answer(TWO, "Origin", origin));
        assertOnlyVaries(preflight(TWO, "GET", "Origin", origin, "Access-Control-Request-Method", "GET"));
    }

    @Test
    void anAnswerWithoutOriginStillVaries() {
        assertOnlyVaries(answer(TWO));
    }

    @Test
    void aStarAllowsEveryOriginAndVariesNot() {
        HttpHeaders answer = answer(ANY, "Origin", "https://whoever.example");
        assertThat(answer.get("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(answer.contains("Access-Control-Expose-Headers")).isTrue();
        assertThat(answer.contains("Vary")).isFalse();
        assertThat(answer(ANY, "Origin", "null").get("Access-Control-Allow-Origin"))
                .isEqualTo("*");
    }

    @Test
    void theNullOriginOnlyIfListed() {
        Cors cors = Cors.of(List.of("null"));
        assertThat(answer(cors, "Origin", "null").get("Access-Control-Allow-Origin"))
                .isEqualTo("null");
    }

    @Test
    void otherReasonsToVaryStay() {
        HttpHeaders answer = fields("Vary", "Prefer");
        TWO.answer(fields("Origin", "https://app.example"), answer);
        assertThat(answer.getAll("Vary")).containsExactly("Prefer", "Origin");
    }

    @Test
    void theGatewaysFieldsReplaceTheBackends() {
        HttpHeaders answer = fields("Access-Control-Allow-Origin", "*", "access-control-expose-headers", "X");
        TWO.answer(fields("Origin", "https://app.example"), answer);
        assertThat(answer.getAll("Access-Control-Allow-Origin")).containsExactly("https://app.example");
        assertThat(answer.getAll("Access-Control-Expose-Headers")).hasSize(1).doesNotContain("X");
        assertThat(Cors.owns("access-control-Allow-Credentials")).isTrue();
        assertThat(Cors.owns("Access-Control-Max-Age")).isTrue();
        assertThat(Cors.owns("Access-Control")).isFalse();
        assertThat(Cors.owns("Vary")).isFalse();
    }

    @Test
    void aPreflightIsToldWhatIsAllowed() {
        HttpHeaders answer = preflight(
                TWO,
                "POST, PUT",
                "Origin",
                "https://app.example",
                "Access-Control-Request-Method",
                "PUT",
                "Access-Control-Request-Headers",
                "content-type,prefer",
                "Access-Control-Request-Headers",
                ",idempotency-key,");
        assertThat(answer.get("Access-Control-Allow-Origin")).isEqualTo("https://app.example");
        assertThat(answer.get("Access-Control-Allow-Methods")).isEqualTo("POST, PUT");
        assertThat(answer.get("Access-Control-Allow-Headers")).isEqualTo("content-type, prefer, idempotency-key");
        assertThat(answer.get("Access-Control-Max-Age")).isEqualTo("600");
        assertThat(answer.contains("Access-Control-Expose-Headers")).isFalse();
    }

    @Test
    void whereEveryMethodIsTakenTheOneAskedForIs() {
        String[] request = {"Origin", "https://app.example", "Access-Control-Request-Method", "PURGE"};
        assertThat(preflight(TWO, "", request).get("Access-Control-Allow-Methods"))
                .isEqualTo("PURGE");
        request[3] = "A, B";
        assertThat(preflight(TWO, "", request).contains("Access-Control-Allow-Methods"))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ",", "a b", "a,b\u0000", "a;b", "\"a\"", "ü", "a,b\r\nSet-Cookie: x"})
    void fieldsThatAreNoNamesAreNotAllowed(String asked) {
        HttpHeaders answer = preflight(
                ANY,
                "GET",
                "Origin",
                "https://app.example",
                "Access-Control-Request-Method",
                "GET",
                "Access-Control-Request-Headers",
                asked);
        assertThat(answer.contains("Access-Control-Allow-Headers")).isFalse();
        assertThat(answer.get("Access-Control-Allow-Methods")).isEqualTo("GET");
    }

    @Test
    void howMuchIsRepeatedIsBounded() {
        String longest = "a".repeat(2_001);
        HttpHeaders answer = preflight(
                ANY,
                "",
                "Origin",
                "https://app.example",
                "Access-Control-Request-Method",
                longest,
                "Access-Control-Request-Headers",
                longest);
        assertThat(answer.names()).containsExactlyInAnyOrder("Access-Control-Allow-Origin", "Access-Control-Max-Age");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "https://app.example",
                "http://app.example:8080",
                "https://app.example:80",
                "http://[::1]:3000",
                "capacitor://localhost"
            })
    void originsThatAreTaken(String origin) {
        assertThat(Cors.of(List.of(origin)).configured()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "''",
        "app.example",
        "https://",
        "https://app.example/",
        "https://app.example/path",
        "https://App.example",
        "HTTPS://app.example",
        "https://app.example:443",
        "http://app.example:80",
        "https://app.example:123456",
        "https://*.app.example",
        "https://user@app.example",
        "NULL"
    })
    void originsThatStopTheStart(String origin) {
        assertThatThrownBy(() -> Cors.of(List.of("https://right.example", origin)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("sluice.ingress.cors.allowed-origins is '")
                .hasMessageContaining("expected: *, or origins as browsers send them");
    }

    @Test
    void aStarStandsAlone() {
        assertThatThrownBy(() -> Cors.of(List.of("*", "https://app.example")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "sluice.ingress.cors.allowed-origins is '*, https://app.example'; expected: either * or a list"
                                + " of origins, not both");
    }

    @Test
    void nonsenseAllowsNothing() {
        String[] parts = {"https://", "app.example", "null", "*", ",", " ", ":", "/", "a", "\r\n", ";"};
        Nonsense.each(parts, value -> {
            HttpHeaders answer = preflight(
                    TWO,
                    "",
                    "Origin",
                    "https://app.example",
                    "Access-Control-Request-Method",
                    value,
                    "Access-Control-Request-Headers",
                    value);
            assertThat(answer.get("Access-Control-Allow-Headers", "a, b")).matches("[!-~]+(, [!-~]+)*");
            assertThat(answer.get("Access-Control-Allow-Methods", "GET")).matches("[!-~]+");
            if (!value.equals("https://app.example")) {
                assertThat(answer(TWO, "Origin", value).contains("Access-Control-Allow-Origin"))
                        .isFalse();
            }
        });
    }
}
