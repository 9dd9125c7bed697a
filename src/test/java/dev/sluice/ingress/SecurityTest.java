package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Wire.Reply;
import dev.sluice.ingress.forwarded.Caller;
import java.io.IOException;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.web.server.WebFilter;

/** A chain of Spring Security's in front of the public listener. */
@ParameterizedClass
@EnumSource(Transport.class)
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
            return new MapReactiveUserDetailsService(user("ann"), user("bob"));
        }

        private static UserDetails user(String name) {
            return User.withUsername(name)
                    .password("{noop}secret")
                    .roles("USER")
                    .build();
        }

        /** Comes after the filter of Spring Security, which is ordered at -100. */
        @Bean
        WebFilter callers() {
            return (exchange, chain) -> exchange.getPrincipal()
                    .doOnNext(principal -> Caller.set(exchange, principal.getName()))
                    .then(chain.filter(exchange));
        }
    }

    private static final String CREDENTIAL = credential("ann");

    private static String credential(String name) {
        byte[] pair = (name + ":secret").getBytes(ISO_8859_1);
        return "\nAuthorization: Basic " + Base64.getEncoder().encodeToString(pair);
    }

    @Parameter
    Transport transport;

    private Listeners listeners;

    @BeforeParameterizedClassInvocation
    void start() {
        listeners = Listeners.extended(
                Extension.class,
                transport,
                "sluice.routes.async.path=/async/**",
                "sluice.routes.async.backend=http://127.0.0.1:1");
    }

    @AfterParameterizedClassInvocation
    void stop() {
        listeners.close();
    }

    private Reply accept(String credential) throws IOException {
        return new Request("POST /async/x HTTP/1.1\nContent-Length: 4" + credential, "body".getBytes(ISO_8859_1))
                .to(transport, listeners.port());
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

        String job = "GET " + accepted.field("Location") + " HTTP/1.1";
        assertThat(new Request(job).to(transport, listeners.port()).status()).isEqualTo(401);
        assertThat(new Request(job + CREDENTIAL).to(transport, listeners.port()).status())
                .isEqualTo(200);
    }

    @Test
    void aPrincipalIsOneCallerHoweverItsCredentialIsWritten() throws IOException {
        String key = "\nIdempotency-Key: once";
        Reply first = accept(key + CREDENTIAL);
        Reply again = accept(key + CREDENTIAL.replace("Basic", "basic"));
        assertThat(again.field("Idempotency-Replayed")).isEqualTo("true");
        assertThat(Listeners.id(again)).isEqualTo(Listeners.id(first));
        Reply other = accept(key + credential("bob"));
        assertThat(other.field("Idempotency-Replayed")).isNull();
        assertThat(Listeners.id(other)).isNotEqualTo(Listeners.id(first));
    }

    @Test
    void itStandsBeforeTheManagementListenerToo() throws IOException {
        assertThat(manage("/jobs", "").status()).isEqualTo(401);
        assertThat(manage("/jobs", CREDENTIAL).status()).isEqualTo(200);
        assertThat(manage("/actuator/health/liveness", "").status()).isEqualTo(200);
    }

    private Reply manage(String path, String credential) throws IOException {
        String head = "GET " + path + " HTTP/1.1\nHost: localhost" + credential;
        return Wire.call(transport, listeners.managementPort(), head, new byte[0]);
    }
}
