package dev.sluice.journal.postgres;

import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * Notifications between nodes through {@code NOTIFY}: jobs and groups of which a node recorded events, routes for which it has
 * no capacity, and that it wrote shared values. They are hints with ids and numbers only: a lost one delays, but loses nothing.
 *
 * <p>They are sent in transactions of their own, because a transaction that notifies serializes the commits of all
 * others that do. One statement carries all hints accumulated during the previous one, at most one per
 * {@value #PAUSE_MILLIS} ms, so that the number of notifications does not grow with the load. A single node sends none.
 *
 * <p>Two threads: one sends; the other listens on a connection of its own, reopens it with exponential backoff of up to
 * a second when it breaks, and then checks for missed events. They stop only on {@link #close}.
 */
final class Hints implements Feed.Herald, GroupFeed.Herald {

    private static final Logger log = LoggerFactory.getLogger(Hints.class);

    private static final long PAUSE_MILLIS = 4;
    private static final long FIRST_WAIT_MILLIS = 50;
    private static final long LONGEST_WAIT_MILLIS = 1000;

    /**
     * After this time without a notification the connection is checked, because a listener does not notice that it
     * broke.
     */
    private static final Duration SILENCE = Duration.ofSeconds(1);

    /** Likewise, if there is no other node to hear of. */
    private static final Duration SILENCE_ALONE = Duration.ofSeconds(10);

    private static final String NOTIFY = Sql.of("notify");

    private static final Pattern SPACE = Pattern.compile(" ");
    private static final Pattern DOT = Pattern.compile("\\.");

    /** Receives hints. */
    interface Listener {
        void hinted(JobId id, long first, long last);

        void hintedOf(Collection<GroupId> groups);

        /** Another node wrote shared values. */
        void sharedValuesChanged();

        /** The connection was reopened: hints may have been missed. */
        void mayHaveMissed();
    }

    private final Database database;
    private final Servers servers;
    private final SharedBacklog backlog;
    private final String channel;
    private final String self;
    private final Listener listener;
    private final PendingHints pending;
    private final Sinks.Many<String> offers = Sinks.many().multicast().directBestEffort();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Session listening;

    /**
     * Creates an instance that is not started.
     *
     * @param self the name of this node, without spaces
     */
    Hints(Database database, Servers servers, SharedBacklog backlog, String schema, String self, Listener listener) {
        this.database = database;
        this.servers = servers;
        this.backlog = backlog;
        this.channel = "sluice_" + schema;
        this.self = self;
        this.pending = new PendingHints(self);
        this.listener = listener;
    }

    void start() {
        Workers.named("sluice-journal-listen").newThread(this::listen).start();
        Workers.named("sluice-journal-notify").newThread(this::send).start();
    }

    @Override
    public void recorded(JobId id, long seq) {
        if (backlog.nodes() > 1) {
            pending.recorded(id, seq);
        }
    }

    @Override
    public void recordedOf(Collection<GroupId> some) {
        if (backlog.nodes() > 1) {
            pending.recordedOf(some);
        }
    }

    /** For any thread. */
    void offer(String route) {
        if (backlog.nodes() > 1) {
            pending.offer(route);
        }
    }

    /** This node wrote shared values. For any thread. */
    void wroteShared() {
        if (backlog.nodes() > 1) {
            pending.wroteShared();
        }
    }

    Flux<String> offers() {
        return offers.asFlux();
    }

    void close() {
        closed.countDown();
        pending.close();
        Session open = listening;
        if (open != null) {
            open.abort();
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private void listen() {
        int failures = 0;
        while (!isClosed()) {
            try {
                Session session = servers.open(database.timeout());
                listening = session;
                try {
                    session.update("listen \"" + channel + '"');
                    failures = 0;
                    listener.mayHaveMissed();
                    hear(session);
                } finally {
                    listening = null;
                    session.abort();
                }
            } catch (SQLException | RuntimeException e) {
                if (failures == 0 && !isClosed()) {
                    log.warn("Other nodes are not heard of until there is a connection again: {}", e.getMessage());
                }
                rest(Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(failures++, 6)));
            }
        }
    }

    private void hear(Session session) throws SQLException {
        while (!isClosed()) {
            PGNotification[] heard = session.notifications(backlog.nodes() > 1 ? SILENCE : SILENCE_ALONE);
            for (PGNotification notification : heard) {
                heard(notification);
            }
            if (heard.length == 0) {
                session.first("select 1", row -> true);
            }
        }
    }

    private void send() {
        while (!isClosed()) {
            try {
                String[] payloads = pending.payloads();
                if (payloads.length > 0) {
                    database.rows(NOTIFY, row -> true, channel, payloads);
                }
            } catch (RuntimeException e) {
                log.debug("Other nodes were not told of something: {}", e.getMessage());
            } catch (InterruptedException e) {
                return; // nobody but the end of the process does that
            }
            rest(PAUSE_MILLIS);
        }
    }

    private void rest(long millis) {
        try {
            if (closed.await(millis, TimeUnit.MILLISECONDS)) {
                log.debug("Hints end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void heard(PGNotification notification) {
        String[] words = SPACE.split(String.valueOf(notification.getParameter()), -1);
        if (words.length < 3 || words[1].equals(self)) {
            return;
        }
        if (words[0].equals("g")) {
            listener.hintedOf(Arrays.stream(words, 2, words.length)
                    .flatMap(word -> GroupId.parse(word).stream())
                    .toList());
            return;
        }
        for (int i = 2; i < words.length; i++) {
            if (words[0].equals("o")) {
                offers.tryEmitNext(words[i]); // dropped without demand
            } else if (words[0].equals("e")) {
                recorded(DOT.split(words[i], -1));
            } else if (words[0].equals("s")) {
                listener.sharedValuesChanged();
            }
        }
    }

    /** A malformed notification comes from a newer version or another program. */
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
