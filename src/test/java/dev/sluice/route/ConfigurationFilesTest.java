package dev.sluice.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Whatever changes the files' contents changes what the file system says of them, and of where they are looked for. */
class ConfigurationFilesTest {

    @TempDir
    private Path directory;

    private ConfigurationFiles files;

    private void locations(String... locations) {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource(
                        "test",
                        Map.of(
                                "spring.config.location",
                                String.join(",", locations).replace("DIR", "" + directory))));
        files = ConfigurationFiles.of(environment);
    }

    private interface Change {
        void make() throws IOException;
    }

    private void isToBeSeen(Change change) throws IOException {
        ConfigurationFiles.State before = files.state();
        Set<Path> looked = before.looked();
        Map<Path, Object> stamps = ConfigurationFiles.stamps(looked);
        assertThat(ConfigurationFiles.stamps(looked)).as("nothing happened").isEqualTo(stamps);
        change.make();
        assertThat(files.state().digest()).as("contents").isNotEqualTo(before.digest());
        assertThat(ConfigurationFiles.stamps(looked)).as("stamps").isNotEqualTo(stamps);
    }

    private Path write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private void link(String name, String target) throws IOException {
        Path next = Files.createSymbolicLink(directory.resolve("next-link"), Path.of(target));
        Files.move(next, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void filesThatAreEditedExchangedAddedAndRemoved() throws IOException {
        Path file = write("application.yaml", "a: 1");
        locations("file:DIR/");
        isToBeSeen(() -> write("application.yaml", "a: 10"));
        isToBeSeen(() -> Files.move(write("next", "a: 11"), file, StandardCopyOption.ATOMIC_MOVE));
        isToBeSeen(() -> write("application-eu.yaml", ""));
        isToBeSeen(() -> Files.delete(directory.resolve("application-eu.yaml")));
        isToBeSeen(() -> Files.delete(file));
        isToBeSeen(() -> write("application.yaml", "a: 11"));
    }

    @Test
    void linksOfKubernetesThatAreExchanged() throws IOException {
        write("v1/application.yaml", "a: 1");
        write("v2/application.yaml", "a: 2");
        link("..data", "v1");
        link("application.yaml", "..data/application.yaml");
        locations("file:DIR/");
        isToBeSeen(() -> link("..data", "v2"));
    }

    @Test
    void aTreeOfSettingsWhoseLinksAreExchanged() throws IOException {
        write("tree/v1/sluice.routes.a.path", "/a");
        write("tree/v2/sluice.routes.a.path", "/b");
        link("tree/..data", "v1");
        link("tree/sluice.routes.a.path", "..data/sluice.routes.a.path");
        locations("configtree:DIR/tree/");
        isToBeSeen(() -> link("tree/..data", "v2"));
        isToBeSeen(() -> write("tree/sluice.routes.a.backend", "http://localhost"));
    }

    @Test
    void directoriesThatAreReplacedAddedAndFilled() throws IOException {
        write("here/application.yaml", "a: 1");
        write("there/application.yaml", "a: 2");
        locations("file:DIR/here/", "file:DIR/each/*/", "file:DIR/later/");
        isToBeSeen(() -> {
            Files.move(directory.resolve("here"), directory.resolve("old"));
            Files.move(directory.resolve("there"), directory.resolve("here"));
        });
        isToBeSeen(() -> write("each/one/application.yaml", "a: 1"));
        isToBeSeen(() -> write("each/one/application-eu.yaml", "a: 1"));
        isToBeSeen(() -> write("each/two/application.yaml", "a: 1"));
        isToBeSeen(() -> write("later/application.yaml", "a: 1"));
    }

    @Test
    void aNamedFileThatAppears() throws IOException {
        locations("optional:file:DIR/routes.yaml");
        isToBeSeen(() -> write("routes.yaml", "a: 1"));
    }
}
