package dev.sluice.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.route.ConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallbackPropertiesTest {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://hooks.example.com",
                "*",
                "*.",
                "hooks.*.com",
                "hooks.example.com/",
                "hooks.example.com:",
                "hooks.example.com:0",
                "hooks.example.com:65536",
                "-a.example",
                "a..b",
                "u@h",
                ""
            })
    void aHostThatIsNoneIsRefused(String host) {
        ConfigurationException refusal =
                catchThrowableOfType(ConfigurationException.class, () -> properties(List.of(host), List.of(SECRET)));
        assertThat(refusal.key()).isEqualTo("sluice.callbacks.allowed-hosts[0]");
    }

    @Test
    void hostsWithoutASecretAreRefused() {
        ConfigurationException refusal = catchThrowableOfType(
                ConfigurationException.class, () -> properties(List.of("hooks.example.com"), List.of()));
        assertThat(refusal.getMessage())
                .startsWith("sluice.callbacks.secrets is not set; expected: at least one secret");
    }

    @Test
    void aSecretIsNeverShown() {
        ConfigurationException refusal = catchThrowableOfType(
                ConfigurationException.class, () -> properties(List.of(), List.of(SECRET, "hunter2hunter2")));
        assertThat(refusal.key()).isEqualTo("sluice.callbacks.secrets[1]");
        assertThat(refusal.getMessage()).doesNotContain("hunter2").contains("openssl rand");
        assertThat(properties(List.of("*.example.com"), List.of(SECRET)).toString())
                .doesNotContain(SECRET);
    }

    private static CallbackProperties properties(List<String> hosts, List<String> secrets) {
        return new CallbackProperties(hosts, false, secrets, null);
    }
}
