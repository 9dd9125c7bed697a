package dev.sluice.journal.postgres;

import dev.sluice.job.JobId;
import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * What nodes tell one another through {@code NOTIFY}: of which jobs they recorded events, and for which routes they have no
 * room. Only hints: nothing is lost with them, it is only found later. They carry ids and numbers.
 *
 * <p>They are sent apart from what they tell of, because a transaction that notifies makes every other one that does wait
 * until its log is synced. One statement carries all that came up while the one before was under way, and no more than one
 * is sent in {@value #PAUSE_MILLIS} ms, so that the number of notifications does not rise with the load. Who is alone sends
 * none.
 *
 * <p>Pipeline {@code hints}: keeps a connection of its own, opens a new one when it breaks, after a pause that doubles up
 * to a second, and then looks for what was missed. It ends only by {@link #close}.
 */
final class Hints implements Feed.Herald {

    private static final Logger log = LoggerFactory.getLogger(Hints.class);

    private static final long PAUSE_MILLIS = 4;
    private static final long FIRST_WAIT_MILLIS = 50;
    private static final long LONGEST_WAIT_MILLIS = 1000;

    /** PostgreSQL takes less than 8,000 bytes. */
    private static final int PAYLOAD = 7_900;

    private static final String NOTIFY = Sql.of("notify");

    private static final Pattern SPACE = Pattern.compile(" ");
    private static final Pattern DOT = Pattern.compile("\\.");

    private static final int REMEMBERED = 64 * 1024;

    /** Who hears of hints; on the journal's thread. */
    interface Listener {
        void hinted(JobId id, long first, long last);

        /** The connection is new: whatever was said meanwhile was missed. */
        void mayHaveMissed();
    }

    private final Database database;
    private final Scheduler scheduler;
    private final LiveBacklog backlog;
    private final String channel;
    private final String self;
    private final Listener listener;
    private final Sinks.Many<String> offers = Sinks.many().multicast().directBestEffort();
    private final Disposable.Swap listening = Disposables.swap();

    // What follows belongs to the scheduler's thread.
    private final Map<JobId, Range> recorded = new LinkedHashMap<>();
    private final Set<String> offered = new LinkedHashSet<>();
    private @Nullable PostgresqlConnection connection;
    private boolean sending;
    private volatile boolean closed;
    private int failures;

    private record Range(long first, long last) {}

    /**
     * Makes one at rest.
     *
     * @param self names this node, without spaces
     */
    Hints(Database database, Scheduler scheduler, LiveBacklog backlog, String schema, String self, Listener listener) {
        this.database = database;
        this.scheduler = scheduler;
        this.backlog = backlog;
        this.channel = "sluice_" + schema;
        this.self = self;
        this.listener = listener;
    }

    void start() {
        scheduler.schedule(this::connect);
    }

    @Override
    public void recorded(JobId id, long seq) {
        if (backlog.nodes() > 1 && recorded.size() < REMEMBERED) {
            recorded.merge(
                    id,
                    new Range(seq, seq),
                    (a, b) -> new Range(Math.min(a.first(), b.first()), Math.max(a.last(), b.last())));
            send();
        }
    }

    /** For any thread. */
    void offer(String route) {
        if (backlog.nodes() > 1) {
            scheduler.schedule(() -> {
                if (offered.size() < REMEMBERED && offered.add(route)) {
                    send();
                }
            });
        }
    }

    Flux<String> offers() {
        return offers.asFlux();
    }

    void close() {
        closed = true; // at once, for the thread is about to end: it mends nothing more, and hears nothing more
        listening.dispose();
        scheduler.schedule(this::drop);
    }

    private void connect() {
        if (closed) {
            return;
        }
        database.single()
                .flatMap(opened -> opened.createStatement("listen \"" + channel + "\"")
                        .execute()
                        .flatMap(PostgresqlResult::getRowsUpdated)
                        .then(Mono.just(opened))
                        .timeout(database.timeout())
                        .onErrorResume(error -> opened.close().onErrorComplete().then(Mono.error(error))))
                .publishOn(scheduler)
                .subscribe(this::connected, this::broke);
    }

    private void connected(PostgresqlConnection opened) {
        if (closed) {
            opened.close().onErrorComplete().subscribe();
            return;
        }
        connection = opened;
        failures = 0;
        sending = false;
        listening.update(opened.getNotifications()
                .publishOn(scheduler)
                .subscribe(
                        this::heard,
                        error -> lost(opened, error),
                        () -> lost(opened, new IllegalStateException("the connection for notifications ended"))));
        listener.mayHaveMissed();
        send();
    }

    private void lost(PostgresqlConnection broken, Throwable error) {
        if (broken.equals(connection)) {
            drop();
            broke(error);
        }
    }

    private void broke(Throwable error) {
        if (closed) {
            return;
        }
        if (failures == 0) {
            log.warn("Other nodes are not heard of until there is a connection again: {}", error.getMessage());
        }
        long wait = Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(failures++, 6));
        scheduler.schedule(this::connect, wait, TimeUnit.MILLISECONDS);
    }

    private void drop() {
        PostgresqlConnection before = connection;
        connection = null;
        recorded.clear();
        offered.clear();
        if (before != null) {
            before.close().timeout(Duration.ofSeconds(1)).onErrorComplete().subscribe();
        }
    }

    /** Shows that the connection still works, which a listener that hears nothing cannot know. */
    Mono<Void> check() {
        PostgresqlConnection open = connection;
        if (open == null || sending) {
            return Mono.empty();
        }
        return open.createStatement("select 1")
                .execute()
                .flatMap(result -> result.map((row, metadata) -> 1))
                .then()
                .timeout(database.timeout())
                .publishOn(scheduler)
                .onErrorResume(error -> Mono.fromRunnable(() -> lost(open, error)));
    }

    private void send() {
        PostgresqlConnection open = connection;
        if (open == null || sending || (recorded.isEmpty() && offered.isEmpty())) {
            return;
        }
        sending = true;
        String[] payloads = payloads();
        open.createStatement(NOTIFY)
                .bind("$1", channel)
                .bind("$2", payloads)
                .execute()
                .flatMap(result -> result.map((row, metadata) -> 1))
                .then()
                .timeout(database.timeout())
                .publishOn(scheduler)
                .subscribe(nothing -> {}, error -> lost(open, error), this::pause);
    }

    private void pause() {
        if (!closed) {
            scheduler.schedule(this::sent, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void sent() {
        sending = false;
        send();
    }

    /** {@code e <node> <id>.<first>.<last> …} and {@code o <node> <route> …}. */
    private String[] payloads() {
        List<String> payloads = new ArrayList<>();
        List<String> words = new ArrayList<>(recorded.size());
        recorded.forEach((id, range) -> words.add(id + "." + Long.toString(range.first(), Character.MAX_RADIX)
                + (range.first() == range.last() ? "" : "." + Long.toString(range.last(), Character.MAX_RADIX))));
        pack("e", words, payloads);
        pack("o", List.copyOf(offered), payloads);
        recorded.clear();
        offered.clear();
        return payloads.toArray(String[]::new);
    }

    private void pack(String kind, List<String> words, List<String> payloads) {
        StringBuilder payload = new StringBuilder();
        for (String word : words) {
            if (payload.length() + word.length() + 1 > PAYLOAD) {
                payloads.add(payload.toString());
                payload.setLength(0);
            }
            if (payload.isEmpty()) {
                payload.append(kind).append(' ').append(self);
            }
            payload.append(' ').append(word);
        }
        if (!payload.isEmpty()) {
            payloads.add(payload.toString());
        }
    }

    private void heard(Notification notification) {
        String[] words = SPACE.split(String.valueOf(notification.getParameter()), -1);
        if (words.length < 3 || words[1].equals(self)) {
            return;
        }
        for (int i = 2; i < words.length; i++) {
            if (words[0].equals("o")) {
                offers.tryEmitNext(words[i]); // nobody takes it: then it is not wanted
            } else if (words[0].equals("e")) {
                recorded(DOT.split(words[i], -1));
            }
        }
    }

    /** What cannot be read is of a newer version, or of somebody else. */
    private void recorded(String[] parts) {
        if (parts.length < 2) {
            return;
        }
        JobId id = JobId.parse(parts[0]).orElse(null);
        if (id != null) {
            try {
                long first = Long.parseLong(parts[1], Character.MAX_RADIX);
                long last = parts.length > 2 ? Long.parseLong(parts[2], Character.MAX_RADIX) : first;
                listener.hinted(id, first, last);
            } catch (NumberFormatException e) {
                log.debug("A hint cannot be read: {}", e.getMessage());
            }
        }
    }
}
