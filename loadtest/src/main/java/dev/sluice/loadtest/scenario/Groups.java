package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.Accounts;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.rig.Http;
import dev.sluice.loadtest.rig.RigException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** Groups of a workload: each takes so many jobs, has one reader of all its events, and must have counted right in the end. */
final class Groups {

    private static final Duration AGAIN = Duration.ofMillis(200);
    private static final Duration LONGEST_AGAIN = Duration.ofSeconds(2);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
    private static final Pattern ID = Pattern.compile("\"id\"\\s*:\\s*\"([^\"]+)\"");

    private final Client client;
    private final List<URI> nodes;
    private final int size;
    private final Map<Long, Mono<Group>> groups = new ConcurrentHashMap<>();

    private static final class Group {
        private final String id;
        private final LongAdder joined = new LongAdder();
        private final GroupReader reader;

        private Group(String id, GroupReader reader) {
            this.id = id;
            this.reader = reader;
        }
    }

    Groups(Client client, List<URI> nodes, int size) {
        this.client = client;
        this.nodes = nodes;
        this.size = size;
    }

    /** The id of the group that a job is to join, which is created with its first one. */
    Mono<String> join(long number) {
        return groups.computeIfAbsent(number / size, this::create).map(group -> group.id);
    }

    /** Says that a job has joined: its 202 is here. */
    void joined(long number) {
        groups.computeIfAbsent(number / size, this::create).subscribe(group -> group.joined.increment());
    }

    private Mono<Group> create(long number) {
        return Mono.fromCallable(() -> Http.post(node(number).resolve("/groups"), "{}"))
                .subscribeOn(Schedulers.boundedElastic())
                .retryWhen(Retry.backoff(Long.MAX_VALUE, AGAIN).maxBackoff(LONGEST_AGAIN))
                .map(json -> {
                    Matcher id = ID.matcher(json);
                    if (!id.find()) {
                        throw new RigException("no group: " + json);
                    }
                    URI url = node(number).resolve("/groups/" + id.group(1));
                    return new Group(id.group(1), new GroupReader(client, url));
                })
                .cache();
    }

    private URI node(long number) {
        return nodes.get((int) (number % nodes.size()));
    }

    /** Closes all groups, waits until they are finished, and compares what they have counted. */
    void settle(Accounts accounts, Consumer<String> examples) throws InterruptedException {
        long wrong = 0;
        accounts.count("groups", groups.size());
        for (Mono<Group> one : groups.values()) {
            Group group = one.block(LONGEST_WAIT);
            if (group == null || !there(group, examples)) {
                wrong++;
            }
        }
        accounts.zero("groups with a wrong count, or not finished", wrong);
        for (Mono<Group> one : groups.values()) {
            Group group = one.block(LONGEST_WAIT);
            if (group != null) {
                group.reader.awaitEnd(LONGEST_WAIT);
                group.reader.audit().settle(accounts, group.joined.sum());
            }
        }
    }

    private boolean there(Group group, Consumer<String> examples) throws InterruptedException {
        try {
            return counted(group, examples);
        } catch (RigException e) {
            examples.accept(
                    "  not in order: " + e.getMessage()); // a group that is lost is no reason to say nothing else
            return false;
        }
    }

    private boolean counted(Group group, Consumer<String> examples) throws InterruptedException {
        URI url = nodes.get(0).resolve("/groups/" + group.id);
        Http.post(URI.create(url + "/close"), "");
        long end = System.nanoTime() + LONGEST_WAIT.toNanos();
        String json = Http.get(url);
        while (!json.contains("\"state\":\"finished\"") && System.nanoTime() < end) {
            Thread.sleep(100); // it can only be asked
            json = Http.get(url);
        }
        long joined = group.joined.sum();
        boolean right = json.contains("\"state\":\"finished\"")
                && json.contains("\"total\":" + joined + ",")
                && json.contains("\"succeeded\":" + joined + ",");
        if (!right) {
            examples.accept("  not in order: " + joined + " jobs have joined " + json);
        }
        return right;
    }
}
