package dev.sluice.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReceiversTest {

    private final Receivers secure = new Receivers(
            List.of("hooks.example.com", "*.example.org", "other.example:8443", "any.example:*", "192.0.2.1"), false);
    private final Receivers plain = new Receivers(List.of("localhost:*", "[::1]:9000"), true);

    @ParameterizedTest
    @CsvSource({
        "https://hooks.example.com/a?b=c%20d, https://hooks.example.com/a?b=c%20d",
        "HTTPS://Hooks.Example.COM, https://Hooks.Example.COM/",
        "https://hooks.example.com:443?x, https://hooks.example.com:443/?x",
        "https://a.example.org/, https://a.example.org/",
        "https://a.b.example.org/, https://a.b.example.org/",
        "https://other.example:8443/, https://other.example:8443/",
        "https://any.example:1/, https://any.example:1/",
        "https://192.0.2.1/, https://192.0.2.1/"
    })
    void whatTheOperatorAllowsIsTaken(String url, String taken) {
        assertThat(secure.require(url)).isEqualTo(taken);
        assertThat(secure.allows(URI.create(taken))).isTrue();
    }

    /** Among them every spelling of an address that some library or other understands. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "/hooks",
                "//hooks.example.com/",
                "https:hooks.example.com",
                "https:///hooks.example.com",
                "http://hooks.example.com/",
                "ftp://hooks.example.com/",
                "file:///etc/passwd",
                "https://hooks.example.com:8443/",
                "https://hooks.example.com:0/",
                "https://hooks.example.com:99999/",
                "https://other.example/",
                "https://example.org/",
                "https://badexample.org/",
                "https://hooks.example.com./",
                "https://hooks.example.com.evil.example/",
                "https://user@hooks.example.com/",
                "https://user:secret@hooks.example.com/",
                "https://hooks.example.com@evil.example/",
                "https://evil.example\\@hooks.example.com/",
                "https://hooks.example.com#@evil.example/",
                "https://hooks.example.com/#part",
                "https://hooks.example.com/ a",
                "https://hooks.example.com/\r\nX: y",
                "https://hooks.example.com/ä",
                "https://häcks.example.org/",
                "https://127.0.0.1/",
                "https://2130706433/",
                "https://0x7f000001/",
                "https://0x7f.0.0.1/",
                "https://0177.0.0.1/",
                "https://017700000001/",
                "https://127.1/",
                "https://[::1]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[::ffff:7f00:1]/",
                "https://[64:ff9b::7f00:1]/",
                "https://[fe80::1%25eth0]/",
                "https://%31%32%37.0.0.1/",
                "https://①②⑦.⓪.⓪.①/"
            })
    void everythingElseIsRefusedAndNotRepeated(String url) {
        ProblemException refusal = catchThrowableOfType(ProblemException.class, () -> secure.require(url));
        assertThat(refusal).as(url).isNotNull();
        assertThat(refusal.problem()).isEqualTo(Problem.CALLBACK_REFUSED);
        assertThat(refusal.failure().detail()).doesNotContain("evil", "secret", "127", "passwd");
    }

    @Test
    void plainHttpAndAddressesAreTakenWhereTheyAreAllowed() {
        assertThat(plain.require("http://localhost:9000/a")).isEqualTo("http://localhost:9000/a");
        assertThat(plain.require("http://[::1]:9000")).isEqualTo("http://[::1]:9000/");
        assertThat(catchThrowableOfType(ProblemException.class, () -> plain.require("http://[::1]:9001/")))
                .isNotNull();
    }

    @Test
    void aLongUrlIsRefused() {
        String url = "https://hooks.example.com/";
        assertThat(secure.require(url + "a".repeat(Receivers.LONGEST - url.length())))
                .hasSize(Receivers.LONGEST);
        assertThat(catchThrowableOfType(
                        ProblemException.class, () -> secure.require(url + "a".repeat(Receivers.LONGEST))))
                .isNotNull();
    }

    @Test
    void withoutAllowedHostsNothingIsTaken() {
        Receivers none = new Receivers(List.of(), true);
        assertThat(none.none()).isTrue();
        assertThat(catchThrowableOfType(ProblemException.class, () -> none.require("https://example.com/"))
                        .failure()
                        .detail())
                .contains("allows no callbacks");
    }
}
