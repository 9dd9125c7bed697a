package dev.sluice.flow;

import dev.sluice.job.JobId;
import dev.sluice.journal.postgres.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/**
 * What became of every 202 in a {@link Ledger}: on every node the same events 1 to n, of which the last and only that is
 * final; the answer that the backend gave; calls as often as promised.
 */
final class Accounts {

    private static final Set<String> FINAL = Set.of("succeeded", "failed", "cancelled");
    private static final Duration END_LIMIT = Duration.ofSeconds(30);
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final Ledger ledger;
    private final RecordingBackend backend;
    private final boolean overlap;
    private final Map<String, List<Client.Event>> told = new HashMap<>();
    private final Map<String, Integer> lengths = new ConcurrentHashMap<>();

    /**
     * Opens them.
     *
     * @param overlap whether calls of one job may overlap, as that of a node which stood still and that of the node which
     *     took its job over
     */
    Accounts(Ledger ledger, RecordingBackend backend, boolean overlap) {
        this.ledger = ledger;
        this.backend = backend;
        this.overlap = overlap;
    }

    /** A reader has been told these, the first events of a job, earlier. */
    void told(String job, List<Client.Event> events) {
        told.put(job, events);
    }

    /** What is wrong, seen from each of these nodes, when all jobs have come to an end, for which it waits. */
    List<String> complaints(List<Client> nodes) {
        List<String> complaints = new ArrayList<>();
        Flux.fromIterable(ledger.accepted)
                .flatMap(accepted -> complaints(nodes, accepted), 32)
                .doOnNext(complaints::add)
                .then()
                .block(LIMIT);
        backend.jobsByKey().forEach((key, jobs) -> {
            if (jobs.size() > 1) {
                complaints.add("key " + key + " led to the jobs " + jobs);
            }
        });
        Set<String> jobs = new HashSet<>();
        ledger.accepted.forEach(accepted -> {
            if (!jobs.add(accepted.job())) {
                complaints.add("accepted more than once: " + accepted);
            }
        });
        return complaints;
    }

    /** What is wrong with one accepted job. */
    private Flux<String> complaints(List<Client> nodes, Ledger.Accepted accepted) {
        String id = accepted.job();
        Client any = nodes.get(Math.floorMod(id.hashCode(), nodes.size()));
        return Flux.fromIterable(nodes)
                .concatMap(node -> node.events(id))
                .collectList()
                .zipWhen(views -> any.get("/jobs/" + id).zipWith(any.get("/jobs/" + id + "/result")))
                .flatMapIterable(all -> {
                    List<List<Client.Event>> views = all.getT1();
                    List<Client.Event> events = views.get(0);
                    JsonNode job = all.getT2().getT1().json();
                    List<String> wrong = new ArrayList<>();
                    if (views.stream().anyMatch(view -> !view.equals(events))) {
                        wrong.add("not the same everywhere: " + views);
                    }
                    checkEvents(id, events, job, wrong);
                    checkCalls(accepted, backend.callsOf(id), job, wrong);
                    checkResult(accepted, job, all.getT2().getT2(), wrong);
                    lengths.put(id, events.size());
                    return wrong.stream()
                            .map(what -> accepted + ": " + what + "; " + job + " " + events)
                            .toList();
                })
                .timeout(END_LIMIT)
                .onErrorResume(error -> Flux.just(accepted + ": has no end, or cannot be read: " + error));
    }

    private void checkEvents(String id, List<Client.Event> events, JsonNode job, List<String> wrong) {
        for (int n = 0; n < events.size(); n++) {
            Client.Event event = events.get(n);
            if (!event.id().equals(Integer.toString(n + 1))
                    || event.json().path("seq").asInt() != n + 1) {
                wrong.add("event " + (n + 1) + " has another number: " + event);
            }
            if (FINAL.contains(event.name()) != (n == events.size() - 1)) {
                wrong.add("a final event in the middle, or none at the end");
            }
        }
        String state = job.path("state").asString();
        if (events.isEmpty() || !events.get(events.size() - 1).name().equals(state)) {
            wrong.add("the last event does not say that it has " + state);
        }
        List<Client.Event> before = told.getOrDefault(id, List.of());
        if (before.size() > events.size() || !before.equals(events.subList(0, before.size()))) {
            wrong.add("a reader was told earlier " + before);
        }
    }

    private static void checkResult(Ledger.Accepted accepted, JsonNode job, Client.Answer result, List<String> wrong) {
        if (job.path("state").asString().equals("succeeded")
                && !(result.status() == 200
                        && result.body().equals(accepted.post().body()))) {
            wrong.add("the result is not what the backend answered: " + result);
        }
    }

    private void checkCalls(
            Ledger.Accepted accepted, List<RecordingBackend.Call> calls, JsonNode job, List<String> wrong) {
        boolean once = accepted.post().path().equals("/once");
        String state = job.path("state").asString();
        String failure = job.path("failure").path("type").asString();
        boolean unknown = once && state.equals("failed") && failure.endsWith(":outcome-unknown");
        if (!state.equals("succeeded") && !unknown) {
            wrong.add("it should have succeeded");
        }
        if (calls.isEmpty() && !unknown) {
            wrong.add("the backend was never called");
        }
        if (once && calls.size() > 1) {
            wrong.add("has one try and was called more than once: " + calls);
        }
        String key =
                accepted.post().key() == null ? accepted.job() : accepted.post().key();
        int last = 0;
        Set<Integer> attempts = new HashSet<>();
        for (RecordingBackend.Call call : calls) {
            if (!call.key().replace("\"", "").equals(key)
                    || !call.body().equals(accepted.post().body())) {
                wrong.add("not the key or body it came with: " + call);
            }
            if (!attempts.add(call.attempt()) || (!overlap && call.attempt() < last)) {
                wrong.add("attempts do not count up: " + calls);
            }
            last = call.attempt();
        }
    }

    /**
     * What is wrong in the shared journal itself, after {@link #complaints}: each job has one outcome there, with the number
     * of its last event, and the events between as often as they were told; and nothing is left that waits or runs.
     */
    List<String> complaintsOf(PostgresServer.Database database) throws SQLException {
        Map<UUID, Long> outcomes = new HashMap<>();
        Map<UUID, Long> events = new HashMap<>();
        long live = 0;
        try (Connection connection = database.connect()) {
            read(connection, "select id, seq from sluice.outcome", outcomes);
            read(connection, "select job, count(*) from sluice.event group by job", events);
            Map<UUID, Long> unfinished = new HashMap<>();
            read(connection, "select id, seq from sluice.live", unfinished);
            live = unfinished.size();
        }
        List<String> complaints = new ArrayList<>();
        if (live > 0) {
            complaints.add(live + " jobs have not ended");
        }
        lengths.forEach((job, length) -> {
            JobId id = JobId.parse(job).orElseThrow();
            UUID key = new UUID(id.high(), id.low());
            if (outcomes.getOrDefault(key, 0L) != length.longValue()) {
                complaints.add(job + " has " + length + " events, and ended with " + outcomes.get(key));
            }
            if (events.getOrDefault(key, 0L) != length - 2) {
                complaints.add(job + " has " + length + " events, and " + events.get(key) + " between first and last");
            }
        });
        return complaints;
    }

    private static void read(Connection connection, String sql, Map<UUID, Long> into) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                into.put(rows.getObject(1, UUID.class), rows.getLong(2));
            }
        }
    }
}
