package dev.sluice.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;

class EventReadersTest {

    private final DisposableServer server = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .handle((request, response) -> switch (request.uri()) {
                case "/none" -> response.status(204).send();
                case "/missing" -> response.status(404).sendString(Mono.just("no"));
                default -> {
                    int from = Integer.parseInt(request.requestHeaders().get("Last-Event-ID", "0")) + 1;
                    yield response.send(
                            Flux.range(from, Math.max(0, 6 - from))
                                    .map(number -> Unpooled.wrappedBuffer(("id: " + number + "\ndata: {}\n\n")
                                            .getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                                    .concatWith(request.uri().equals("/cut") ? closing(request) : Flux.empty()),
                            piece -> true);
                }
            })
            .bindNow();

    private static Flux<ByteBuf> closing(HttpServerRequest request) {
        return Flux.defer(() -> {
            request.withConnection(connection -> connection.channel().close());
            return Flux.never();
        });
    }

    private final URI base = URI.create("http://127.0.0.1:" + server.port());

    @AfterEach
    void stop() {
        server.disposeNow();
    }

    /** What one stream came to, as words. */
    private static final class Noted implements EventReaders.Reading {
        private final List<String> words = new ArrayList<>();
        private final BlockingQueue<List<String>> all = new LinkedBlockingQueue<>();
        private final String last;

        private Noted(String last) {
            this.last = last;
        }

        @Override
        public void opened(int status) {
            words.add(Integer.toString(status));
        }

        @Override
        public boolean event(Event event) {
            words.add("event " + event.id());
            return !event.id().equals(last);
        }

        @Override
        public void over(EventReaders.End how) {
            words.add(how.name());
            all.add(words);
        }
    }

    private List<String> read(String target, String lastEventId, String last) throws Exception {
        Noted noted = new Noted(last);
        try (EventReaders readers = new EventReaders(base)) {
            readers.open(target, lastEventId, noted, 0);
            return noted.all.poll(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void readsAStreamToItsEnd() throws Exception {
        assertThat(read("/events", "", ""))
                .containsExactly("200", "event 1", "event 2", "event 3", "event 4", "event 5", "COMPLETE");
    }

    @Test
    void hangsUpAndResumes() throws Exception {
        assertThat(read("/events", "", "2")).containsExactly("200", "event 1", "event 2", "HUNG_UP");
        assertThat(read("/events", "3", "")).containsExactly("200", "event 4", "event 5", "COMPLETE");
    }

    @Test
    void tellsAnEndFromABreak() throws Exception {
        assertThat(read("/cut", "3", "")).startsWith("200").endsWith("BROKEN");
        assertThat(read("/none", "", "")).containsExactly("204", "COMPLETE");
        assertThat(read("/missing", "", "")).containsExactly("404", "BROKEN");
    }

    @Test
    void tellsOfAServerThatIsNotThere() throws Exception {
        server.disposeNow();

        assertThat(read("/events", "", "")).containsExactly("BROKEN");
    }

    @Test
    void opensMoreThanItConnectsAtOnce() throws Exception {
        CountDownLatch complete = new CountDownLatch(1_000);
        try (EventReaders readers = new EventReaders(base)) {
            for (int i = 0; i < 1_000; i++) {
                readers.open(
                        "/events",
                        "",
                        new EventReaders.Reading() {
                            @Override
                            public void opened(int status) {}

                            @Override
                            public boolean event(Event event) {
                                return true;
                            }

                            @Override
                            public void over(EventReaders.End how) {
                                if (how == EventReaders.End.COMPLETE) {
                                    complete.countDown();
                                }
                            }
                        },
                        i % 10);
            }
            assertThat(complete.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }
}
