package dev.sluice.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.web.server.PortInUseException;

class DemoConfigurationTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withUserConfiguration(DemoConfiguration.class)
            .withPropertyValues("sluice.demo.port=0");

    @Test
    void withoutTheProfileNothingListens() {
        runner.run(context -> assertThat(context).doesNotHaveBean(DemoLifecycle.class));
    }

    @Test
    void underTheProfileItRunsAndCountsNothing() {
        runner.withPropertyValues("spring.profiles.active=demo").run(context -> {
            int port = context.getBean(DemoLifecycle.class).listeningOn();
            var answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/demo/calls?delay=0s"))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.body()).startsWith("{\"method\":\"GET\"");

            context.close();
            // A closed listener refuses from the next turn of its selector on.
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThatThrownBy(
                                    () -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                            .isInstanceOf(ConnectException.class));
        });
    }

    @Test
    void aTakenPortIsAReadableMistake() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            runner.withPropertyValues("spring.profiles.active=demo", "sluice.demo.port=" + taken.getLocalPort())
                    .run(context -> assertThat(context)
                            .getFailure()
                            .hasRootCauseInstanceOf(BindException.class)
                            .cause()
                            .isInstanceOf(PortInUseException.class)
                            .hasMessageContaining(Integer.toString(taken.getLocalPort())));
        }
    }
}
