package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

class GatewayUrlTest {

    private final Map<String, Object> settings = new HashMap<>();
    private final StandardEnvironment environment = new StandardEnvironment();

    GatewayUrlTest() {
        environment.getPropertySources().addFirst(new MapPropertySource("test", settings));
    }

    @Test
    void isWhatIsConfiguredWithoutASlashAtItsEnd() {
        assertThat(new GatewayUrl("https://gw.example/behind/", environment).text())
                .isEqualTo("https://gw.example/behind");
        assertThat(new GatewayUrl("http://10.0.0.7:81", environment).text()).isEqualTo("http://10.0.0.7:81");
    }

    @Test
    void isTheGatewaysOwnPortOtherwise() {
        GatewayUrl url = new GatewayUrl(null, environment);
        assertThat(url.text()).isEqualTo("http://localhost:8080");
        settings.put("server.port", "0");
        settings.put("local.server.port", 41_007);
        assertThat(url.text()).isEqualTo("http://localhost:41007");
        settings.clear();
        assertThat(url.text()).as("once it is bound").isEqualTo("http://localhost:41007");
    }

    @Test
    void isSecureWhereTheListenerIs() {
        settings.put("local.server.port", 41_007);
        settings.put("server.ssl.bundle", "own");
        settings.put("server.ssl.enabled", "false");
        assertThat(new GatewayUrl(null, environment).text()).isEqualTo("http://localhost:41007");
        settings.remove("server.ssl.enabled");
        assertThat(new GatewayUrl(null, environment).text()).isEqualTo("https://localhost:41007");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "gateway:8080",
                "/jobs",
                "ftp://gateway",
                "http://",
                "http://gateway:0",
                "http://gateway:65536",
                "http://gateway?a=b",
                "http://gateway#a",
                "http://user:word@gateway",
                "http://gate way",
                "http://gateway/\u00e9"
            })
    void aWrongOneStopsTheStart(String wrong) {
        assertThatThrownBy(() -> new BackendProperties(wrong))
                .hasMessageStartingWith("sluice.backend.gateway-url is '")
                .hasMessageEndingWith("expected: an http or https URI such as http://gateway.internal:8080, without"
                        + " query, fragment and user information");
    }
}
