package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Wire.Reply;
import java.io.IOException;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.web.server.SecurityWebFilterChain;

/** A chain of Spring Security's in front of the public listener. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SecurityTest {

    @EnableWebFluxSecurity
    static class Extension {

        @Bean
        SecurityWebFilterChain chain(ServerHttpSecurity http) {
            return http.authorizeExchange(exchanges -> exchanges
                            .pathMatchers("/actuator/health/**")
                            .permitAll()
                            .anyExchange()
                            .authenticated())
                    .httpBasic(Customizer.withDefaults())
                    .csrf(ServerHttpSecurity.CsrfSpec::disable)
                    .build();
        }

        @Bean
        MapReactiveUserDetailsService users() {
            return new MapReactiveUserDetailsService(User.withUsername("ann")
                    .password("{noop}secret")
                    .roles("USER")
                    .build());
        }
    }

    private static final String CREDENTIAL =
            "\nAuthorization: Basic " + Base64.getEncoder().encodeToString("ann:secret".getBytes(ISO_8859_1));

    private Listeners listeners;

    @BeforeAll
    void start() {
        listeners = Listeners.extended(
                Extension.class,
                "sluice.routes.async.path=/async/**",
                "sluice.routes.async.backend=http://127.0.0.1:1");
    }

    @AfterAll
    void stop() {
        listeners.close();
    }

    private Reply accept(String credential) throws IOException {
        return Wire.call(
                listeners.port(),
                "POST /async/x HTTP/1.1\nHost: g\nContent-Length: 4" + credential,
                "body".getBytes(ISO_8859_1));
    }

    @Test
    void itRefusesWithoutACredentialAndLetsPassWithOne() throws IOException {
        Reply refused = accept("");
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.field("WWW-Authenticate")).startsWith("Basic");
        assertThat(accept(CREDENTIAL.replace("Basic ", "Basic x")).status()).isEqualTo(401);

        Reply accepted = accept(CREDENTIAL);
        assertThat(accepted.status()).isEqualTo(202);
        assertThat(accepted.field("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(accepted.field("Cache-Control")).isEqualTo("no-store");
        assertThat(Listeners.bytes(listeners.request(Listeners.id(accepted)).body()))
                .isEqualTo("body".getBytes(ISO_8859_1));

        String job = "GET " + accepted.field("Location") + " HTTP/1.1\nHost: g";
        assertThat(Wire.call(listeners.port(), job).status()).isEqualTo(401);
        assertThat(Wire.call(listeners.port(), job + CREDENTIAL).status()).isEqualTo(200);
    }

    @Test
    void itStandsBeforeTheManagementListenerToo() throws IOException {
        int port = listeners.managementPort();
        assertThat(Wire.call(port, "GET /jobs HTTP/1.1\nHost: localhost").status())
                .isEqualTo(401);
        assertThat(Wire.call(port, "GET /jobs HTTP/1.1\nHost: localhost" + CREDENTIAL)
                        .status())
                .isEqualTo(200);
        assertThat(Wire.call(port, "GET /actuator/health/liveness HTTP/1.1\nHost: localhost")
                        .status())
                .isEqualTo(200);
    }
}
