package dev.sluice.journal.postgres;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.journal.Interest;
import dev.sluice.journal.core.Tails;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Publishes events: those recorded by this node at once; those of other nodes when a hint arrives and a subscriber
 * follows the job. The last published number of each followed job is tracked, so that numbers only increase however
 * hints and records overtake each other; missing events are fetched. Thread-safe.
 */
final class Feed {

    private static final Logger log = LoggerFactory.getLogger(Feed.class);

    private static final int LAG = 16 * 1024;
    private static final int HANDED_OVER = 256;
    private static final int REMEMBERED = 64 * 1024;
    private static final int FETCHED_AT_ONCE = 256;
    private static final int LOOKED_AT_ONCE = 2_000;

    /** Fetches events of several jobs. Blocks. */
    interface Source {

        /**
         * Returns the events of jobs after the given numbers, in order, those of one job as in its {@code history};
         * limited to one page.
         */
        Fetched after(Map<JobId, Long> numbers);

        /** Returns the numbers of the latest events of those jobs that are not erased. */
        Map<JobId, Long> latest(List<JobId> ids);
    }

    /**
     * The events read.
     *
     * @param gone the jobs that are erased
     * @param more the jobs with more events to read, and after which numbers
     */
    record Fetched(List<JobEvent> events, Set<JobId> gone, Map<JobId, Long> more) {}

    /** Notifies other nodes. */
    interface Herald {
        void recorded(JobId id, long seq);
    }

    private final Tails tails = new Tails(LAG);
    private final List<Interest> interests = new CopyOnWriteArrayList<>();
    private final Source source;
    private final Herald herald;
    private final PostgresJournalMeters meters;
    private final Workers workers;
    private final Scheduler listeners;

    private final Map<JobId, Long> told = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<JobId, Long> eldest) {
            return size() > REMEMBERED;
        }
    };
    private final Map<JobId, Long> wanted = new LinkedHashMap<>();
    private Map<JobId, Long> underWay = Map.of();
    private boolean fetching;
    private int lookFrom;

    Feed(Source source, Herald herald, PostgresJournalMeters meters, Workers workers, Scheduler listeners) {
        this.source = source;
        this.herald = herald;
        this.meters = meters;
        this.workers = workers;
        this.listeners = listeners;
    }

    /** As {@link dev.sluice.journal.Journal#tail}. Thread-safe. */
    Flux<JobEvent> tail(Interest interest) {
        Flux<JobEvent> events = Flux.defer(() -> {
            interests.add(interest);
            return tails.tail(interest).doFinally(end -> interests.remove(interest));
        });
        return events.publishOn(listeners, false, HANDED_OVER); // an overflow error overtakes buffered events
    }

    /** This node recorded an event, which is committed. */
    synchronized void recorded(JobEvent event) {
        herald.recorded(event.job(), event.seq());
        JobId id = event.job();
        tails.publish(event, false);
        if (!isFollowed(id)) {
            return;
        }
        Long last = told.get(id);
        if (wanted.containsKey(id) || underWay.containsKey(id) || (last != null && event.seq() > last + 1)) {
            want(id, last != null ? last : event.seq() - 1); // earlier events are not published yet
        } else {
            tell(event);
        }
    }

    /** Handles the hint of another node that it recorded events of a job. */
    synchronized void hinted(JobId id, long first, long last) {
        Long known = told.get(id);
        if (isFollowed(id) && (known == null || last > known)) {
            want(id, known != null ? known : first - 1);
        }
    }

    /** Checks some of the followed jobs, in rotation, for events without a hint. Blocks. */
    void look() {
        Map<JobId, Long> followed = new HashMap<>();
        interests.forEach(interest -> interest.followed().forEach((id, known) -> followed.merge(id, known, Math::min)));
        if (!followed.isEmpty()) {
            found(source.latest(some(followed)), followed);
        }
    }

    private synchronized List<JobId> some(Map<JobId, Long> followed) {
        List<JobId> all = new ArrayList<>(followed.keySet());
        if (all.size() <= LOOKED_AT_ONCE) {
            return all;
        }
        Collections.sort(all);
        int from = lookFrom < all.size() ? lookFrom : 0;
        lookFrom = from + LOOKED_AT_ONCE;
        return all.subList(from, Math.min(all.size(), lookFrom));
    }

    private synchronized void found(Map<JobId, Long> latest, Map<JobId, Long> followed) {
        latest.forEach((id, number) -> {
            long known = Math.max(followed.getOrDefault(id, 0L), told.getOrDefault(id, 0L));
            if (number > known) {
                want(id, known);
            }
        });
    }

    /** Completes all subscribers. */
    synchronized void close() {
        tails.close();
    }

    private boolean isFollowed(JobId id) {
        for (Interest interest : interests) {
            if (interest.follows(id)) {
                return true;
            }
        }
        return false;
    }

    private void tell(JobEvent event) {
        Long last = told.get(event.job());
        if (last == null || event.seq() > last) {
            told.put(event.job(), event.seq());
            tails.publish(event, true);
        }
    }

    private void want(JobId id, long after) {
        wanted.merge(id, after, Math::min);
        fetch();
    }

    private void fetch() {
        if (fetching || wanted.isEmpty()) {
            return;
        }
        fetching = true;
        Map<JobId, Long> next = new HashMap<>();
        for (Map.Entry<JobId, Long> entry : wanted.entrySet()) {
            if (next.size() == FETCHED_AT_ONCE) {
                break;
            }
            next.put(entry.getKey(), entry.getValue());
        }
        next.keySet().forEach(wanted::remove);
        underWay = next;
        workers.run(() -> source.after(next)).subscribe(this::fetched, this::notFetched);
    }

    private synchronized void fetched(Fetched fetched) {
        meters.fetched(fetched.events().size());
        underWay = Map.of();
        fetched.events().forEach(this::tell);
        if (!fetched.gone().isEmpty()) {
            tails.lookBack(fetched.gone());
        }
        fetched.more().forEach((id, after) -> wanted.merge(id, after, Math::min));
        fetching = false;
        fetch();
    }

    /** Pending fetches are dropped: the next check of followed jobs finds them. */
    private synchronized void notFetched(Throwable error) {
        log.debug("Events of other nodes could not be read: {}", error.getMessage());
        underWay = Map.of();
        fetching = false;
        fetch();
    }
}
