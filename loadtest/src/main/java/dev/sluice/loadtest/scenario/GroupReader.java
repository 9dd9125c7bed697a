package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.GroupAudit;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.rig.RigException;
import java.net.URI;
import java.time.Duration;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Reads all events of a group from its beginning until it has finished, resuming whenever the stream breaks. */
final class GroupReader implements AutoCloseable {

    private static final Duration AGAIN = Duration.ofMillis(200);
    private static final Duration LONGEST_AGAIN = Duration.ofSeconds(2);

    private final GroupAudit audit = new GroupAudit();
    private final Disposable reading;

    /**
     * Begins to read.
     *
     * @param group the URL of the group
     */
    GroupReader(Client client, URI group) {
        URI events = URI.create(group + "/events?from=start");
        reading = Mono.defer(() -> client.events(events, audit.lastEventId())
                        .doOnNext(audit::saw)
                        .then())
                .then(Mono.<Void>defer(
                        () -> audit.finished() ? Mono.empty() : Mono.error(new RigException("to be resumed"))))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, AGAIN).maxBackoff(LONGEST_AGAIN))
                .subscribe();
    }

    /** What it has seen. */
    GroupAudit audit() {
        return audit;
    }

    /** Waits until it has seen the end of the group, at most for a time, and reads no more. */
    void awaitEnd(Duration longest) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        while (!audit.finished() && System.nanoTime() < end) {
            Thread.sleep(20); // the audit can only be looked at
        }
        close();
    }

    @Override
    public void close() {
        reading.dispose();
    }
}
