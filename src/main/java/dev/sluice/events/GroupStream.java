package dev.sluice.events;

import dev.sluice.job.Group;
import dev.sluice.journal.Groups;
import dev.sluice.waiting.WaitingBytes;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** Streams the events of all jobs of a group, but output, and those of the group itself to a reader, with heartbeats in silence. */
public final class GroupStream implements SmartLifecycle {

    private static final int CONCURRENT_HISTORIES = 4;

    private final Groups journal;
    private final GroupFrames frames;
    private final WaitingBytes waiting;
    private final EventsMeters meters;
    private final Scheduler scheduler;
    private final FrameSubscription.Source source;
    private final Heartbeats heartbeats;
    private final Map<GroupChannel.Key, GroupChannel> channels = new ConcurrentHashMap<>();
    private volatile boolean disconnecting;
    private volatile Sinks.Empty<Void> disconnected = Sinks.empty();
    private volatile boolean running;

    /**
     * Creates a stream that is not started.
     *
     * @param scheduler on which readers are served; runs one task at a time
     */
    GroupStream(
            Groups journal,
            GroupFrames frames,
            EventsProperties properties,
            WaitingBytes waiting,
            EventsMeters meters,
            Scheduler scheduler) {
        this.journal = journal;
        this.frames = frames;
        this.waiting = waiting;
        this.meters = meters;
        this.scheduler = scheduler;
        this.heartbeats = new Heartbeats(properties.heartbeat(), scheduler, this::beat);
        this.source = new FrameSubscription.Source(
                new AsyncSemaphore(CONCURRENT_HISTORIES),
                properties::opening,
                EventsProperties::farewell,
                waiting,
                heartbeats::millis,
                this::remove);
    }

    /**
     * The frames for a reader that has seen the events up to {@code after}: one that says when to come back, then the events, with
     * heartbeats in silence; those that follow each other quickly come together in one frame. Completes after the final event; and
     * early when {@link #disconnectAll} was called, the journal cannot be read or the group was erased meanwhile. Signals on threads
     * of the journal and of this stream, which must not be blocked.
     *
     * @param group the group, as it stands now
     * @param after at most the number of the group's last event
     * @param prefix the path prefix under which this reader sees the gateway; empty for none
     */
    public Flux<SseFrame> after(Group group, long after, String prefix) {
        return of(group, after, false, prefix);
    }

    /** As {@link #after}, for a reader that begins now: a summary of the group comes in place of all events up to now. */
    public Flux<SseFrame> fromNow(Group group, String prefix) {
        return of(group, group.lastSeq(), true, prefix);
    }

    private Flux<SseFrame> of(Group group, long after, boolean summary, String prefix) {
        return Flux.from(subscriber -> {
            GroupChannel.Key key = new GroupChannel.Key(group.id(), prefix);
            GroupSubscription[] reader = new GroupSubscription[1];
            GroupChannel[] begun = new GroupChannel[1];
            channels.compute(key, (same, known) -> {
                GroupChannel channel = known;
                if (channel == null) {
                    channel = channel(key, group.lastSeq());
                    begun[0] = channel;
                }
                SseFrame first = summary ? channel.frames().summary(group) : null;
                reader[0] =
                        new GroupSubscription(channel, after, first, source, Operators.toCoreSubscriber(subscriber));
                channel.add(reader[0]);
                return channel;
            });
            meters.readerCame();
            startIfNew(begun[0]);
            if (disconnecting) {
                reader[0].disconnect();
            }
            reader[0].start();
        });
    }

    private GroupChannel channel(GroupChannel.Key key, long after) {
        return new GroupChannel(key, after, journal, frames.behind(key.prefix()), waiting, meters, scheduler);
    }

    private static void startIfNew(@Nullable GroupChannel channel) {
        if (channel != null) {
            channel.start();
        }
    }

    /** Ends the streams of all readers, and of those that come later, and tells them when to come back. */
    public void disconnectAll() {
        disconnecting = true;
        disconnected.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
        channels.values().forEach(channel -> channel.forEach(GroupSubscription::disconnect));
    }

    /** Completes when {@link #disconnectAll} is called. */
    Mono<Void> disconnected() {
        return disconnected.asMono();
    }

    /** How many groups are read at present, for tests. */
    int channels() {
        return channels.size();
    }

    @Override
    public void start() {
        running = true;
        disconnecting = false;
        disconnected = Sinks.empty();
        heartbeats.start();
    }

    @Override
    public void stop() {
        running = false;
        heartbeats.stop();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Starts before the web server and stops after it. */
    @Override
    public int getPhase() {
        return 0;
    }

    private void beat(long since) {
        channels.values().forEach(channel -> channel.forEach(reader -> reader.beatIfSilentSince(since)));
    }

    private void remove(FrameSubscription ended) {
        if (ended instanceof GroupSubscription reader) {
            channels.computeIfPresent(reader.channel().key(), (key, channel) -> {
                if (!channel.remove(reader)) {
                    return channel;
                }
                channel.stop();
                return null;
            });
        }
        meters.readerLeft(ended.wasEvicted());
    }
}
