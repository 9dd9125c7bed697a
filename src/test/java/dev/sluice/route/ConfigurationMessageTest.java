package dev.sluice.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** What an operator sees of a wrong file. */
@ExtendWith(OutputCaptureExtension.class)
class ConfigurationMessageTest {

    @TempDir
    private Path config;

    @Test
    void aWrongFileStopsTheStartWithOneMessageAndNoStackTrace(CapturedOutput output) throws Exception {
        write("""
                sluice:
                  routes:
                    reports:
                      path: /reports/**
                      backend: localhost:9000
                """);

        assertThatThrownBy(this::start).isInstanceOf(Exception.class);

        assertThat(output.getAll())
                .contains("key:      sluice.routes.reports.backend")
                .contains("value:    'localhost:9000'")
                .contains("expected: an http or https URI such as http://localhost:9000")
                .contains("application.yaml")
                .contains("5:16")
                .doesNotContain("\tat ");
    }

    @Test
    void aFileThatIsNoYamlStopsTheStartWithOneMessageAndNoStackTrace(CapturedOutput output) throws Exception {
        write("sluice:\n\tpassword: secret\n");

        assertThatThrownBy(this::start).isInstanceOf(Exception.class);

        assertThat(output.getAll())
                .contains("A configuration file is not valid YAML, line 2, column 1: found character '\\t(TAB)'")
                .contains("config/application.yaml")
                .doesNotContain("\tat ", "secret");
    }

    @Test
    void settingsThatAreNoJsonStopTheStartWithOneMessageAndNoStackTrace(CapturedOutput output) throws Exception {
        write("");

        assertThatThrownBy(() -> start("--spring.application.json={secret")).isInstanceOf(Exception.class);

        assertThat(output.getAll())
                .contains("SPRING_APPLICATION_JSON is not valid JSON")
                .doesNotContain("\tat ", "secret");
    }

    @Test
    void routesKeepTheOrderOfTheFileWhenOneIsOverridden() throws Exception {
        write("""
                sluice:
                  routes:
                    first: { path: /a/b*, backend: "http://localhost:1", methods: [GET], success: [2xx, 304] }
                    second: { path: /a/*c, backend: "http://localhost:2" }
                """);

        try (ConfigurableApplicationContext context = start("--sluice.routes.second.timeout=1s")) {
            RouteTable table = context.getBean(CurrentRoutes.class).table();
            assertThat(table.all()).extracting(Route::id).containsExactly("first", "second");
            assertThat(table.match(Routes.head("GET", "/a/bc", null)))
                    .isEqualTo(new RouteTable.Match.Found(table.byId("first").orElseThrow()));
        }
    }

    @Test
    void theConcurrencyIsANumberOrAMap() throws Exception {
        write("""
                sluice:
                  routes:
                    alone: { path: /a, backend: "http://localhost:1", concurrency: 4 }
                    shared: { path: /b, backend: "http://localhost:1", concurrency: { cluster: 64 } }
                    found: { path: /c, backend: "http://localhost:1", concurrency: { min: 2, max: 8 } }
                """);

        try (ConfigurableApplicationContext context = start()) {
            RouteTable table = context.getBean(CurrentRoutes.class).table();
            assertThat(table.all())
                    .extracting(route -> route.call().concurrency())
                    .containsExactly(Concurrency.perNode(4), Concurrency.cluster(64), Concurrency.between(2, 8));
        }
        assertThatThrownBy(() -> start("--sluice.routes.shared.concurrency=8"))
                .hasStackTraceContaining("sluice.routes.shared.concurrency.cluster is '64'; expected: one of both: "
                        + "sluice.routes.shared.concurrency is '8' already");
    }

    @Test
    void theRateIsATextOrAMap() throws Exception {
        write("""
                sluice:
                  routes:
                    alone: { path: /a, backend: "http://localhost:1", rate: 50/s }
                    burst: { path: /b, backend: "http://localhost:1", rate: { limit: 50/s, burst: 10 } }
                    shared: { path: /c, backend: "http://localhost:1", rate: { cluster: 6000/m } }
                    both: { path: /d, backend: "http://localhost:1", rate: { cluster: 50/h, burst: 3 } }
                """);

        try (ConfigurableApplicationContext context = start()) {
            RouteTable table = context.getBean(CurrentRoutes.class).table();
            assertThat(table.all())
                    .extracting(route -> route.call().rate())
                    .containsExactly(
                            new Rate(50, Duration.ofSeconds(1), 1, false),
                            new Rate(50, Duration.ofSeconds(1), 10, false),
                            new Rate(6000, Duration.ofMinutes(1), 2, true),
                            new Rate(50, Duration.ofHours(1), 3, true));
        }
        assertThatThrownBy(() -> start("--sluice.routes.burst.rate=8/s"))
                .hasStackTraceContaining("sluice.routes.burst.rate.limit is '50/s'; expected: one of both: "
                        + "sluice.routes.burst.rate is '8/s' already");
    }

    @Test
    void anUnknownKindOfConcurrencyIsNamed(CapturedOutput output) throws Exception {
        write("""
                sluice:
                  routes:
                    reports: { path: /a, backend: "http://localhost:1", concurrency: { most: 256 } }
                """);

        assertThatThrownBy(this::start).isInstanceOf(Exception.class);

        assertThat(output.getAll())
                .contains("key:      sluice.routes.reports.concurrency.most")
                .contains("expected: a whole number, or the keys min and max, or cluster, with one")
                .doesNotContain("\tat ");
    }

    @Test
    void theSampleShowsEveryKeyWithItsDefault() throws Exception {
        String sample = Files.readString(Path.of("config/application.yaml"));
        String routes = "sluice:\n" + sample.substring(sample.indexOf("  routes:"));
        Set<String> shown = Pattern.compile("^      (?:# )?([a-z-]+):", Pattern.MULTILINE)
                .matcher(routes)
                .results()
                .map(result -> result.group(1))
                .collect(Collectors.toSet());
        assertThat(shown)
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(RouteProperties.class.getRecordComponents())
                        .map(BindErrors::dashed)
                        .toList());

        write(routes.replaceAll("(?m)^ {6}# ", "      "));
        try (ConfigurableApplicationContext context = start()) {
            Route defaults = Routes.route(
                    "async-operation",
                    "/async-operation/**",
                    "http://localhost:9000",
                    "rate-limit.by=ip",
                    "rate-limit.limit=100/m",
                    "rate-limit.burst=20",
                    "rate-limit.in-flight=1000");
            assertThat(context.getBean(CurrentRoutes.class).byId("async-operation"))
                    .contains(defaults);
        }
    }

    @Test
    void namesOfFieldsKeepTheirSpelling() throws Exception {
        write("""
                sluice:
                  routes:
                    r:
                      path: /a
                      backend: "http://localhost:1"
                      headers: { X-Api_Version: "v[12]" }
                      add-request-headers: { X-Tenant: acme, X.Dotted: "a, b", "[X~Odd]": c }
                """);

        try (ConfigurableApplicationContext context = start()) {
            Route route = context.getBean(CurrentRoutes.class).byId("r").orElseThrow();
            assertThat(route.match().conditions().headers()).containsOnlyKeys("x-api_version");
            assertThat(route.call().headerRules().addRequest())
                    .containsExactly(
                            Map.entry("X-Tenant", "acme"), Map.entry("X.Dotted", "a, b"), Map.entry("X~Odd", "c"));
        }
    }

    private void write(String yaml) throws Exception {
        Files.writeString(config.resolve("application.yaml"), yaml);
    }

    private ConfigurableApplicationContext start(String... arguments) {
        SpringApplication application = new SpringApplication(RouteConfiguration.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        String[] all = new String[arguments.length + 1];
        all[0] = "--spring.config.location=file:" + config + "/";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return application.run(all);
    }
}
