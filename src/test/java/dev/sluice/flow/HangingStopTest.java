package dev.sluice.flow;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;

/** An orderly stop ends within the grace and five seconds more, whoever hangs. */
@Timeout(120)
class HangingStopTest {

    private static final Duration GRACE = Duration.ofSeconds(1);

    /** Beyond the grace: the five seconds, and as many for a machine that has much else to do. */
    private static final Duration AFTERWARDS = Duration.ofSeconds(10);

    private static final String HEAD = " HTTP/1.1\r\nHost: 127.0.0.1\r\n";

    @TempDir
    Path directory;

    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void hangUp() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Test
    void clientsAndBackendsThatHang() throws Exception {
        DisposableServer backend = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .route(routes -> routes.get(
                                "/stream/**",
                                (request, response) -> response.sse()
                                        .sendString(Flux.interval(Duration.ofMillis(100))
                                                .map(n -> "data: " + n + "\n\n")))
                        .get(
                                "/endless/**",
                                (request, response) ->
                                        response.sendByteArray(Flux.generate(sink -> sink.next(new byte[65_536]))))
                        .route(any -> true, (request, response) -> Flux.never()))
                .bindNow();
        try (GatewayProcess gateway = GatewayProcess.ready(GatewayProcess.launch(
                directory, settings("http://127.0.0.1:" + backend.port()), List.of("-Xmx256m"), Map.of()))) {
            answered(connect(gateway.url(), "GET /stream/one" + HEAD + "\r\n"));
            answered(connect(gateway.url(), "GET /endless/one" + HEAD + "\r\n"));
            connect(gateway.url(), "GET /hang/one" + HEAD + "\r\n");
            Socket job = connect(gateway.url(), "POST /job" + HEAD + "Content-Length: 2\r\n\r\nhi");
            String accepted = answered(job);
            String events = accepted.replaceAll("(?s).*\r\nLocation: (\\S+).*", "$1") + "/events";
            answered(connect(gateway.url(), "GET " + events + HEAD + "\r\n"));
            connect(gateway.url(), "POST /job" + HEAD + "Content-Length: 2000\r\n\r\nthe rest trickles in");
            answered(connect(gateway.managementUrl(), "GET /events" + HEAD + "\r\n"));
            Disposable stream = overHttp2(gateway.url() + "/stream/two");

            assertEnds(gateway);
            stream.dispose();
        } finally {
            backend.disposeNow();
        }
    }

    private static void assertEnds(GatewayProcess gateway) throws InterruptedException {
        long asked = System.nanoTime();
        gateway.terminate();
        gateway.awaitEnd();
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(GRACE.plus(AFTERWARDS));
        assertThat(gateway.log())
                .contains("open connections are closed")
                .doesNotContain("The stop hangs", "shutdown timed out");
    }

    private static Disposable overHttp2(String url) throws InterruptedException {
        var begun = new CountDownLatch(1);
        Disposable stream = HttpClient.create()
                .protocol(HttpProtocol.H2C)
                .get()
                .uri(url)
                .responseContent()
                .doOnNext(piece -> begun.countDown())
                .subscribe(piece -> {}, error -> {});
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        return stream;
    }

    private Socket connect(String url, String request) throws IOException {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.setReceiveBufferSize(4096);
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(url.substring(url.lastIndexOf(':') + 1))));
        socket.getOutputStream().write(request.getBytes(US_ASCII));
        return socket;
    }

    /** Waits until an answer has begun. */
    private static String answered(Socket socket) throws IOException {
        byte[] begin = new byte[1024];
        int length = socket.getInputStream().read(begin);
        String text = new String(begin, 0, Math.max(0, length), US_ASCII);
        assertThat(text).startsWith("HTTP/1.1 20");
        return text;
    }

    private static List<String> settings(String backend) {
        List<String> settings = new ArrayList<>(
                List.of("--sluice.dispatch.shutdown-grace=" + GRACE.toSeconds() + "s", "--server.http2.enabled=true"));
        for (String route : List.of("stream", "endless", "hang", "job")) {
            settings.add("--sluice.routes." + route + ".path=/" + route + "/**");
            settings.add("--sluice.routes." + route + ".backend=" + backend);
            settings.add("--sluice.routes." + route + ".mode=" + (route.equals("job") ? "async" : "sync"));
        }
        return settings;
    }
}
