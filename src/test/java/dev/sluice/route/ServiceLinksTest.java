package dev.sluice.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;

/** Variables that a platform sets for the services beside a container are no settings, whatever the services are called. */
class ServiceLinksTest {

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.11", "fd00::11"})
    void servicesCalledLikeKeysSetNothing(String address) {
        Map<String, Object> variables = new LinkedHashMap<>();
        for (String service : List.of(
                "sluice-management",
                "sluice-routes",
                "sluice-routes-orders",
                "sluice-journal-postgres",
                "server",
                "management-server")) {
            variables.putAll(ofService(service, address));
        }

        GatewayEnvironment environment = environment(variables);

        assertThat(List.of("server.port", "sluice.management.port", "management.server.port"))
                .noneMatch(environment::containsProperty);
        assertThat(RouteBinder.bind(environment)).isEmpty();
        for (String known : List.of("sluice.journal.postgres", "sluice.management", "server", "management.server")) {
            assertThat(ConfigurationPropertySources.get(environment))
                    .as(known)
                    .noneMatch(source -> source.containsDescendantOf(ConfigurationPropertyName.of(known))
                            == ConfigurationPropertyState.PRESENT);
        }
    }

    @Test
    void theyCanBeNamedInFiles() {
        GatewayEnvironment environment = environment(ofService("sluice-postgres", "10.0.0.11"));

        assertThat(environment.resolveRequiredPlaceholders(
                        "r2dbc:postgresql://${SLUICE_POSTGRES_SERVICE_HOST}:${SLUICE_POSTGRES_SERVICE_PORT}/sluice"))
                .isEqualTo("r2dbc:postgresql://10.0.0.11:8080/sluice");
    }

    @Test
    void whatAnOperatorSetsInTheirPlaceIsASetting() {
        Map<String, Object> variables = ofService("server", "10.0.0.11");
        variables.put("SERVER_PORT", "9000");
        variables.putAll(ofService("sluice-routes", "10.0.0.11"));
        variables.put("SLUICE_ROUTES_SERVICE_HOST", "shop.example");
        variables.put("SLUICE_ROUTES_SERVICE_PATH", "/shop");
        variables.put("SLUICE_ROUTES_SERVICE_BACKEND", "http://shop:8080");

        GatewayEnvironment environment = environment(variables);

        assertThat(environment.getProperty("server.port")).isEqualTo("9000");
        assertThat(RouteBinder.bind(environment))
                .singleElement()
                .satisfies(route -> assertThat(route.id()).isEqualTo("service"));
    }

    @Test
    void linksOfDockerSetNothing() {
        GatewayEnvironment environment = environment(Map.of(
                "SERVER_PORT", "tcp://172.17.0.5:8080",
                "SERVER_PORT_8080_TCP", "tcp://172.17.0.5:8080",
                "SERVER_PORT_8080_TCP_ADDR", "172.17.0.5",
                "SERVER_PORT_8080_TCP_PORT", "8080",
                "SERVER_PORT_8080_TCP_PROTO", "tcp"));

        assertThat(environment.containsProperty("server.port")).isFalse();
    }

    @Test
    void withoutServicesNothingChanges() {
        GatewayEnvironment environment =
                environment(Map.of("SERVER_PORT", "9000", "KUBERNETES_PORT", "tcp://10.0.0.1:443"));

        assertThat(environment.getProperty("server.port")).isEqualTo("9000");
        assertThat(environment.containsProperty("KUBERNETES_PORT")).isTrue();
    }

    /** What Kubernetes sets for a service, with one named port. */
    static Map<String, Object> ofService(String service, String address) {
        String name = service.toUpperCase(Locale.ROOT).replace('-', '_');
        String url = "tcp://" + (address.contains(":") ? "[" + address + "]" : address) + ":8080";
        return new LinkedHashMap<>(Map.of(
                name + "_SERVICE_HOST",
                address,
                name + "_SERVICE_PORT",
                "8080",
                name + "_SERVICE_PORT_HTTP",
                "8080",
                name + "_PORT",
                url,
                name + "_PORT_8080_TCP",
                url,
                name + "_PORT_8080_TCP_PROTO",
                "tcp",
                name + "_PORT_8080_TCP_PORT",
                "8080",
                name + "_PORT_8080_TCP_ADDR",
                address));
    }

    private static GatewayEnvironment environment(Map<String, Object> variables) {
        return new GatewayEnvironment() {
            @Override
            public Map<String, Object> getSystemEnvironment() {
                return variables;
            }
        };
    }
}
