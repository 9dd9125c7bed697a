package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.FreePorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Promise 4 as a browser sees it: its {@code EventSource} reads every event once, comes back by itself, and ends. */
class BrowserTest {

    private static final String HELD = "/held/async-operation";
    private static final Path PICTURES = Path.of("target", "pictures");

    @TempDir
    Path directory;

    private Browser browser;

    @Test
    @Timeout(180)
    void thePageShowsEveryEventOnceThroughReloadsAndRestarts() throws Exception {
        int demo = FreePorts.next();
        try (RecordingBackend backend = new RecordingBackend();
                Browser chromium = new Browser();
                GatewayProcess gateway = GatewayProcess.start(directory, settings(backend, demo))) {
            browser = chromium;
            browser.screen(1100, 800, false);
            browser.open(gateway.url() + "/demo/");
            String first = aReloadGoesOn(backend);
            aCancelIsShown(backend);
            assertThat(browser.errors()).isEmpty();
            String second = submit(backend);
            gateway.kill();
            awaitThat().until(() -> browser.texts("#connection").equals(List.of("reconnecting")));
            try (GatewayProcess restarted = gateway.again()) {
                aRestartIsSurvived(backend);
                itIsAskedOnceMoreAndNeverAgain(first);
                itIsAskedOnceMoreAndNeverAgain(second);
                browser.screen(390, 844, true);
                browser.screenshot(PICTURES.resolve("restarted-phone-dark.png"));
                assertThat(browser.errors())
                        .as("errors other than that the gateway was gone")
                        .allSatisfy(error -> assertThat(error).contains("net::ERR_"));
            }
        }
    }

    /** Over HTTP/1.1, where six connections to a host are all that there are. */
    @Test
    @Timeout(180)
    void fiftyJobsAreWatchedOnOneStream() throws Exception {
        int demo = FreePorts.next();
        List<String> settings = new ArrayList<>(List.of(
                "--sluice.routes.async-operation.path=/async-operation/**",
                "--sluice.routes.async-operation.backend=http://127.0.0.1:" + demo));
        settings.addAll(served(demo));
        try (Browser chromium = new Browser();
                GatewayProcess gateway = GatewayProcess.start(directory, settings)) {
            browser = chromium;
            browser.screen(1100, 800, false);
            browser.open(gateway.url() + "/demo/");
            awaitThat().until(() -> browser.texts("#batch-send:enabled").size() == 1);
            browser.click("#batch-send");
            awaitThat().until(() -> browser.texts("#batch-state").equals(List.of("finished")));
            allFiftyAreShown();
            browser.screenshot(PICTURES.resolve("batch.png"));
            String group = browser.value("location.hash.slice(7)").asString();
            awaitThat()
                    .untilAsserted(() -> assertThat(browser.requests(group + "/events"))
                            .extracting(Browser.Request::status)
                            .containsExactly(200, 204));
            browser.reload();
            awaitThat().until(() -> browser.texts("#batch-state").equals(List.of("finished")));
            allFiftyAreShown();
            assertThat(browser.errors()).isEmpty();
        }
    }

    private void allFiftyAreShown() {
        awaitThat()
                .untilAsserted(() -> assertThat(browser.texts("#cells a.succeeded"))
                        .containsExactlyElementsOf(IntStream.rangeClosed(1, 50)
                                .mapToObj(Integer::toString)
                                .toList()));
        assertThat(browser.texts("#batch-count")).containsExactly("50 of 50");
    }

    private String aReloadGoesOn(RecordingBackend backend) throws Exception {
        String job = submit(backend);
        browser.screenshot(PICTURES.resolve("running.png"));
        browser.reload();
        awaitThat().until(() -> browser.texts("#connection").equals(List.of("open")));
        assertThat(browser.texts("#state")).containsExactly("running");
        assertThat(browser.texts("li.kept .name")).containsExactly("accepted", "started");
        assertThat(browser.texts("li.note")).containsExactly("page loaded again: going on after event 2");
        assertThat(browser.requests(job + "/events"))
                .extracting(Browser.Request::url)
                .last()
                .asString()
                .endsWith("?last_event_id=2");
        backend.release(HELD);
        awaitEvents("accepted", "started", "succeeded");
        awaitThat().until(() -> browser.texts("#connection").equals(List.of("closed")));
        assertThat(browser.texts("li:not(.kept) .name")).containsExactly("succeeded");
        awaitThat().until(() -> browser.texts("#result-body").get(0).contains("sent"));
        browser.screenshot(PICTURES.resolve("succeeded.png"));
        return job;
    }

    private void aCancelIsShown(RecordingBackend backend) throws Exception {
        backend.holdAgain(HELD);
        submit(backend);
        browser.click("#cancel");
        awaitEvents("accepted", "started", "cancelled");
        awaitThat().until(() -> browser.texts("#connection").equals(List.of("closed")));
    }

    private void aRestartIsSurvived(RecordingBackend backend) throws Exception {
        backend.awaitCalls(HELD, 1);
        awaitEvents("accepted", "started", "requeued", "started");
        backend.release(HELD);
        awaitEvents("accepted", "started", "requeued", "started", "succeeded");
        awaitThat().until(() -> browser.texts("#connection").equals(List.of("closed")));
        assertThat(browser.texts("li.note")).containsExactly("connected again: going on after event 2");
    }

    /** Two streams, one of them after the reload or restart; then once more, to be told 204; and never again. */
    private void itIsAskedOnceMoreAndNeverAgain(String job) {
        assertThat(browser.requests(job + "/events"))
                .extracting(Browser.Request::status)
                .filteredOn(status -> status != 0) // nobody was there
                .containsExactly(200, 200, 204);
        assertThat(browser.requests(job + "/events"))
                .last()
                .extracting(Browser.Request::status)
                .isEqualTo(204);
    }

    /** Sends a request, whose call of the backend is held, and waits until its events are shown. */
    private String submit(RecordingBackend backend) throws Exception {
        awaitThat().until(() -> browser.texts("form button:enabled").size() == 1);
        browser.click("form button");
        backend.awaitCalls(HELD, 1);
        awaitEvents("accepted", "started");
        assertThat(browser.texts("#connection")).containsExactly("open");
        return browser.value("location.hash.slice(1)").asString();
    }

    private void awaitEvents(String... names) {
        awaitThat().untilAsserted(() -> {
            assertThat(browser.texts("li.event .name")).containsExactly(names);
            assertThat(browser.texts("li.event .number"))
                    .containsExactlyElementsOf(IntStream.rangeClosed(1, names.length)
                            .mapToObj(Integer::toString)
                            .toList());
        });
        assertThat(browser.texts("li.wrong")).isEmpty();
    }

    private static ConditionFactory awaitThat() {
        return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
    }

    private static List<String> settings(RecordingBackend backend, int demo) {
        List<String> settings = new ArrayList<>(List.of(
                "--sluice.routes.async-operation.path=/async-operation/**",
                "--sluice.routes.async-operation.backend=" + backend.url() + "/held",
                "--sluice.routes.async-operation.backoff=10ms"));
        settings.addAll(served(demo));
        return settings;
    }

    private static List<String> served(int demo) {
        return List.of(
                "--sluice.events.retry=250ms",
                "--sluice.routes.demo.path=/demo/**",
                "--sluice.routes.demo.backend=http://127.0.0.1:" + demo,
                "--sluice.routes.demo.mode=sync",
                "--spring.profiles.active=demo",
                "--sluice.demo.port=" + demo);
    }
}
