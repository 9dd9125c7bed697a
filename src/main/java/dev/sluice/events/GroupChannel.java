package dev.sluice.events;

import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.journal.Groups;
import dev.sluice.waiting.Share;
import dev.sluice.waiting.WaitingBytes;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Reads the new events of a group once for all its readers on this node that see the gateway under the same prefix, and encodes
 * them once. It reads on when three quarters of those who follow have taken what there is, or after {@link #PATIENCE}, and not
 * before {@link #PAUSE} has passed, so that with many events they go out in large pieces, at the pace of most. Slower readers may
 * be {@link #MOST_BEHIND} behind.
 *
 * <p>Pipeline {@code group-events}: an error is logged and counted, and the events are read on after a pause that doubles up to a
 * second. It ends with the last reader, and when the group is erased or the journal is closed.
 */
final class GroupChannel {

    /** Bytes that a reader may be behind, which are kept for it, and for all others that are as far. */
    static final long MOST_BEHIND = 512 * 1024;

    /** Bytes in one piece, and one event more. */
    private static final int PIECE = 32 * 1024;

    /**
     * Between two reads of a group in which much happens: each costs the journal, this node and the readers as much as some dozen
     * events. What happens after a silence is told at once.
     */
    private static final Duration PAUSE = Duration.ofMillis(20);

    /** How long most of the readers are waited for. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Logger LOG = LoggerFactory.getLogger(GroupChannel.class);

    /** Which readers share a channel. */
    record Key(GroupId group, String prefix) {}

    private final Key key;
    private final Groups journal;
    private final GroupFrames frames;
    private final WaitingBytes waiting;
    private final EventsMeters meters;
    private final Scheduler scheduler;
    private final Set<GroupSubscription> readers = ConcurrentHashMap.newKeySet();
    private final Disposable.Swap running = Disposables.swap();
    private final AtomicReference<@Nullable MonoSink<Void>> held = new AtomicReference<>();

    private final AtomicInteger awaited = new AtomicInteger(); // readers that have yet to take the latest chunk

    private volatile GroupChunk end;
    private volatile boolean ended;

    // Guarded by this.
    private Share share;
    private boolean stopped;

    /**
     * Creates a channel that is not started.
     *
     * @param after the number of the event after which it begins
     * @param scheduler on which readers are served; runs one task at a time
     */
    GroupChannel(
            Key key,
            long after,
            Groups journal,
            GroupFrames frames,
            WaitingBytes waiting,
            EventsMeters meters,
            Scheduler scheduler) {
        this.key = key;
        this.end = GroupChunk.begin(after);
        this.journal = journal;
        this.frames = frames;
        this.waiting = waiting;
        this.meters = meters;
        this.scheduler = scheduler;
        this.share = waiting.open(this::leaveAll);
    }

    Key key() {
        return key;
    }

    GroupFrames frames() {
        return frames;
    }

    /** The latest chunk. */
    GroupChunk end() {
        return end;
    }

    Flux<GroupEvent> history(long after) {
        return journal.groupHistory(key.group(), after);
    }

    void start() {
        running.update(journal.groupTail(key.group())
                .onBackpressureLatest()
                .concatMap(this::readUpTo, 1)
                .retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_PAUSE)
                        .maxBackoff(LONGEST_PAUSE)
                        .transientErrors(true)
                        .scheduler(scheduler)
                        .doBeforeRetry(again -> restarting(again.failure())))
                .subscribe(read -> {}, this::restarting, this::onEnd));
    }

    void stop() {
        running.dispose();
        synchronized (this) {
            stopped = true;
            share.close();
        }
    }

    void add(GroupSubscription reader) {
        readers.add(reader);
        if (ended) {
            reader.onChannelEnd();
        }
    }

    /** Returns whether it was the last one. */
    boolean remove(GroupSubscription reader) {
        readers.remove(reader);
        goOn();
        return readers.isEmpty();
    }

    void forEach(Consumer<GroupSubscription> action) {
        readers.forEach(action);
    }

    /** A reader has taken a chunk. */
    void taken(GroupChunk chunk) {
        if (chunk == end && awaited.decrementAndGet() == 0) {
            goOn();
        }
    }

    private void goOn() {
        MonoSink<Void> sink = held.getAndSet(null);
        if (sink != null) {
            sink.success();
        }
    }

    private Mono<Void> readUpTo(long number) {
        return number <= end.last()
                ? Mono.empty()
                : history(end.last())
                        .map(frames::of)
                        .bufferUntil(new Filled())
                        .publishOn(scheduler, false, 1)
                        .concatMap(this::publish, 1)
                        .then(Mono.delay(PAUSE, scheduler))
                        .then();
    }

    private Mono<Void> publish(List<SseFrame> events) {
        int following = 0;
        for (GroupSubscription reader : readers) {
            following += reader.isFollowing() ? 1 : 0;
        }
        awaited.set((3 * following + 3) / 4);
        GroupChunk chunk = GroupChunk.append(end, events);
        end = chunk;
        long behind = 0;
        for (GroupSubscription reader : readers) {
            behind = Math.max(behind, reader.published(chunk, MOST_BEHIND));
        }
        hold(behind);
        return awaited.get() <= 0 ? Mono.empty() : awaitMost();
    }

    private Mono<Void> awaitMost() {
        return Mono.<Void>create(sink -> {
                    held.set(sink);
                    if (awaited.get() <= 0) {
                        goOn();
                    }
                })
                .timeout(PATIENCE, Mono.empty(), scheduler);
    }

    private synchronized void hold(long bytes) {
        share.hold(bytes);
    }

    /** Too much waits on this node and these readers have taken nothing: what they are to be sent is in the journal. */
    private void leaveAll() {
        scheduler.schedule(() -> {
            readers.forEach(GroupSubscription::leaveChannel);
            renewShare();
            goOn();
        });
    }

    private synchronized void renewShare() {
        share.close();
        if (!stopped) {
            share = waiting.open(this::leaveAll);
        }
    }

    private void restarting(Throwable error) {
        meters.groupRestarted();
        LOG.warn("Reading the events of group {} failed and goes on", key.group(), error);
    }

    private void onEnd() {
        ended = true;
        readers.forEach(GroupSubscription::onChannelEnd);
    }

    /** Whether the piece that frames are put into is filled. */
    private static final class Filled implements Predicate<SseFrame> {

        private int bytes;

        @Override
        public boolean test(SseFrame next) {
            bytes += next.bytes().length;
            if (bytes < PIECE) {
                return false;
            }
            bytes = 0;
            return true;
        }
    }
}
