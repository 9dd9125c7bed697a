package dev.sluice.reload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Listeners;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What each look at the files leads to. */
class FileWatchTest {

    @TempDir
    private Path directory;

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final AtomicReference<RouteReload> reload = new AtomicReference<>();
    private Listeners gateway;
    private FileWatch watch;

    @BeforeEach
    void start() throws IOException {
        write(8081);
        gateway = Listeners.dispatching(
                bean -> {
                    if (bean instanceof RouteReload made) {
                        reload.set(made);
                    }
                    return bean;
                },
                "spring.config.additional-location=file:" + directory + "/",
                "sluice.reload.watch=false");
        watch = new FileWatch(reload.get(), time);
        watch.start();
        look(1);
    }

    @AfterEach
    void close() {
        watch.stop();
        time.dispose();
        gateway.close();
    }

    private Path file() {
        return directory.resolve("application.yaml");
    }

    private void write(int port) throws IOException {
        Files.writeString(file(), """
                sluice.routes.a:
                  path: /a
                  backend: http://localhost:%d
                """.formatted(port));
    }

    private void look(int times) {
        time.advanceTimeBy(FileWatch.PERIOD.multipliedBy(times));
    }

    private double changed() {
        return gateway.count("sluice.routes.reloads", "outcome", "changed");
    }

    @Test
    void aChangeIsAppliedAtTheSecondLookAndOnce() throws IOException {
        write(8082);
        look(1);
        assertThat(changed()).isZero();
        look(1);
        assertThat(changed()).isEqualTo(1);
        look(3 * FileWatch.READ_ANYWAY);
        assertThat(changed()).isEqualTo(1);
        write(18083);
        look(2);
        assertThat(changed()).isEqualTo(2);
    }

    @Test
    void aFileThatChangesFromLookToLookIsNotAppliedBeforeItRests() throws IOException {
        for (int port = 8082; port < 8090; port++) {
            write(port);
            look(1);
        }
        assertThat(changed()).isZero();
        look(1);
        assertThat(changed()).isEqualTo(1);
    }

    @Test
    void aFileThatIsAddedIsFound() throws IOException {
        Files.writeString(directory.resolve("application.properties"), "sluice.routes.a.timeout=9s\n");
        look(2);
        assertThat(changed()).isEqualTo(1);
    }

    /** As on a file system that tells late; also shows that the contents are not read at each look. */
    @Test
    void aChangeOfWhichTheFileSystemDoesNotTellIsFoundAfterSomeLooks() throws IOException {
        FileTime before = Files.getLastModifiedTime(file());
        write(8082);
        Files.setLastModifiedTime(file(), before);
        look(FileWatch.READ_ANYWAY / 2);
        assertThat(changed()).isZero();
        look(FileWatch.READ_ANYWAY);
        assertThat(changed()).isEqualTo(1);
    }

    @Test
    void aFileThatCannotBeReadChangesNothingUntilItCan() throws IOException {
        Files.delete(file());
        Files.createDirectory(file());
        look(4);
        assertThat(changed()).isZero();
        Files.delete(file());
        write(8082);
        look(2);
        assertThat(changed()).isEqualTo(1);
    }
}
