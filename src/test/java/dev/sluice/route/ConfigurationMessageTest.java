package dev.sluice.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
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
    void routesKeepTheOrderOfTheFileWhenOneIsOverridden() throws Exception {
        write("""
                sluice:
                  routes:
                    first: { path: /a/b*, backend: "http://localhost:1", methods: [GET], success: [2xx, 304] }
                    second: { path: /a/*c, backend: "http://localhost:2" }
                """);

        try (ConfigurableApplicationContext context = start("--sluice.routes.second.timeout=1s")) {
            RouteTable table = context.getBean(RouteTable.class);
            assertThat(table.all()).extracting(Route::id).containsExactly("first", "second");
            assertThat(table.match(Routes.head("GET", "/a/bc", null)))
                    .isEqualTo(new RouteTable.Match.Found(table.byId("first").orElseThrow()));
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
