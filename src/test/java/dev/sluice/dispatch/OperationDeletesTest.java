package dev.sluice.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.FreePorts;
import dev.sluice.ingress.Listeners;
import dev.sluice.job.JobId;
import dev.sluice.journal.Lookup;
import dev.sluice.queue.QueueRig;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** The whole gateway deletes the operation of a job that is cancelled, with a real backend. */
class OperationDeletesTest {

    @Test
    void anOperationIsDeletedWithItsJobWhereTheRouteSaysSo() throws IOException {
        Queue<String> calls = new ConcurrentLinkedQueue<>();
        DisposableServer backend = HttpServer.create()
                .host("127.0.0.1")
                .port(FreePorts.next())
                .handle((request, response) -> {
                    calls.add(request.method() + " " + request.uri() + " "
                            + request.requestHeaders().get("X-Key", ""));
                    return request.method().name().equals("DELETE")
                            ? response.status(204).send()
                            : response.status(202)
                                    .header("Location", "../operations/7?x=1")
                                    .header("Retry-After", "600")
                                    .sendString(Mono.just("pending"))
                                    .then();
                })
                .bindNow();
        String uri = "http://127.0.0.1:" + backend.port() + "/base";
        try (Listeners gateway = Listeners.dispatching(
                "sluice.routes.deleting.path=/deleting/**",
                "sluice.routes.deleting.backend=" + uri,
                "sluice.routes.deleting.follow=true",
                "sluice.routes.deleting.follow-cancel=true",
                "sluice.routes.deleting.add-request-headers.X-Key=secret",
                "sluice.routes.leaving.path=/leaving/**",
                "sluice.routes.leaving.backend=" + uri,
                "sluice.routes.leaving.follow=true")) {
            for (String route : new String[] {"leaving", "deleting"}) {
                JobId id = gateway.accept("/" + route + "/reports/q3");
                QueueRig.until(() -> ((Lookup.Known) gateway.journal().find(id).block())
                        .job()
                        .parked());
                gateway.journal().cancel(id).block();
            }
            QueueRig.until(() -> calls.contains("DELETE /base/deleting/operations/7?x=1 secret"));
            assertThat(calls)
                    .containsExactly(
                            "POST /base/leaving/reports/q3 ",
                            "POST /base/deleting/reports/q3 secret",
                            "DELETE /base/deleting/operations/7?x=1 secret");
        } finally {
            backend.disposeNow();
        }
    }
}
