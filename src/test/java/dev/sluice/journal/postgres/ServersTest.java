package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ServersTest {

    @Test
    void eachServerIsTriedAlthoughAnotherThreadFindsOneMeanwhile() throws Exception {
        PostgresServer server = PostgresServer.shared();
        PostgresServer.Database database = server.newDatabase();
        try (CuttingProxy first = new CuttingProxy(server.port());
                CuttingProxy second = new CuttingProxy(server.port())) {
            Servers servers = new Servers(FaultsRig.properties(
                    database.at(first.port()).urlOr(second.port()), database, 3, Duration.ofSeconds(40)));
            first.hold();
            CompletableFuture<Session> patient = opens(servers, Duration.ofSeconds(40));
            await().atMost(FaultsRig.LIMIT).until(() -> first.waiting() == 1);
            opens(servers, Duration.ofSeconds(4)).join().close();
            first.close();
            assertThat(patient).succeedsWithin(FaultsRig.LIMIT).satisfies(Session::close);
        } finally {
            server.drop(database);
        }
    }

    private static CompletableFuture<Session> opens(Servers servers, Duration limit) {
        CompletableFuture<Session> opened = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                opened.complete(servers.open(limit));
            } catch (Exception e) {
                opened.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return opened;
    }
}
