package dev.sluice.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.route.CallPolicy;
import dev.sluice.route.Routes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is called of what a backend names. */
class OperationUrlTest {

    private static final CallPolicy PLAIN =
            Routes.route("r", "/**", "http://Backend").call();
    private static final CallPolicy BASE = Routes.route("r", "/api/v1/**", "https://backend/app/", "strip-prefix=2")
            .call();

    @ParameterizedTest
    @CsvSource({
        "http://backend/ops/7?x=1, /ops/7?x=1",
        "HTTP://BACKEND:80/ops, /ops",
        "http://backend:/ops, /ops",
        "http://backend/, /",
        "http://backend//evil/x, //evil/x"
    })
    void whatIsCalledIsWhatTheUrlSays(String url, String called) {
        OperationUrl parsed = OperationUrl.of(PLAIN, "/reports", url);
        assertThat(parsed.policy().target().resolve(parsed.target())).isEqualTo(called);
        assertThat(parsed.policy().target().isSameServer(PLAIN.target())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://backend/app/ops/7?a=b",
                "https://backend:443/other",
                "https://backend/app",
                "https://backend/"
            })
    void alsoWithABasePathAndAStrippedPrefix(String url) {
        OperationUrl parsed = OperationUrl.of(BASE, "/api/v1/reports", url);
        String path = url.substring(url.indexOf('/', "https://".length()));
        assertThat(parsed.policy().target().resolve(parsed.target())).isEqualTo(path);
    }

    @Test
    void withinTheBackendItIsAPathOfTheRoute() {
        assertThat(OperationUrl.of(BASE, "/api/v1/reports", "https://backend/app/ops/7"))
                .isEqualTo(new OperationUrl(BASE, "/api/v1/ops/7"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://backend/x",
                "http://backend:8080/x",
                "http://other/x",
                "http://backend.other/x",
                "http://u@backend/x",
                "http://backend:80@other/x",
                "http://backend/a b",
                "http://backend/\u00e4",
                "http://backend/a\r\nX: y",
                "ws://backend/x"
            })
    void nothingElseIsCalled(String url) {
        assertThat(OperationUrl.of(PLAIN, "/reports", url)).isNull();
    }

    @Test
    void aUrlThatIsKeptIsNotLong() {
        assertThat(OperationUrl.of(PLAIN, "/", "http://backend/" + "x".repeat(4_082)))
                .isNull();
        assertThat(OperationUrl.of(PLAIN, "/", "http://backend/" + "x".repeat(4_081)))
                .isNotNull();
    }
}
