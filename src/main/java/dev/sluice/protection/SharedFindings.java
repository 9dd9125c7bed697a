package dev.sluice.protection;

import dev.sluice.journal.SharedValues;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;
import reactor.util.retry.RetryBackoffSpec;

/**
 * Findings as values of the journal. Of several changes of one route only the latest is written; one write is in progress at a
 * time, and it is repeated until it succeeds.
 *
 * <p>Pipeline {@code findings}: an error is counted and restarts it after 50 ms to 1 s. It ends with {@link #close}.
 */
final class SharedFindings implements Findings {

    private static final Logger LOG = LoggerFactory.getLogger(SharedFindings.class);
    private static final String KIND = "breaker/";

    private final SharedValues values;
    private final BreakerMeters meters;
    private final Map<String, Optional<Finding>> wanted = new ConcurrentHashMap<>();
    private final AtomicBoolean writing = new AtomicBoolean();
    private final Disposable.Swap listening = Disposables.swap();
    private volatile boolean stopped;

    SharedFindings(SharedValues values, BreakerMeters meters) {
        this.values = values;
        this.meters = meters;
    }

    @Override
    public void listen(Consumer<Map<String, Finding>> listener) {
        listening.update(values.sharedValues()
                .map(SharedFindings::findings)
                .doOnNext(listener)
                .retryWhen(again().doBeforeRetry(signal -> {
                    meters.restarted("findings");
                    LOG.warn("Pipeline findings failed and is started again", signal.failure());
                }))
                .subscribe());
    }

    void close() {
        stopped = true;
        listening.update(Disposables.disposed());
    }

    @Override
    public void share(String route, Finding finding) {
        wanted.put(route, Optional.of(finding));
        write();
    }

    @Override
    public void withdraw(String route) {
        wanted.put(route, Optional.empty());
        write();
    }

    private void write() {
        if (stopped || wanted.isEmpty() || !writing.compareAndSet(false, true)) {
            return;
        }
        String route = wanted.keySet().stream().findAny().orElse("");
        Mono.defer(() -> writeLatest(route))
                .retryWhen(again().filter(error -> !stopped))
                .doFinally(signal -> {
                    writing.set(false);
                    write();
                })
                .subscribe(
                        nothing -> {}, error -> LOG.debug("What was found about {} could not be shared", route, error));
    }

    private Mono<Void> writeLatest(String route) {
        Optional<Finding> latest = wanted.remove(route);
        if (latest == null) {
            return Mono.empty();
        }
        String name = KIND + route;
        return latest.map(finding -> values.putShared(name, finding.encode()))
                .orElseGet(() -> values.removeShared(List.of(name)))
                .doOnError(error -> wanted.putIfAbsent(route, latest));
    }

    private static Map<String, Finding> findings(Map<String, byte[]> all) {
        Map<String, Finding> findings = new HashMap<>();
        all.forEach((name, value) -> {
            Finding finding = name.startsWith(KIND) ? Finding.decode(value) : null;
            if (finding != null) {
                findings.put(name.substring(KIND.length()), finding);
            }
        });
        return findings;
    }

    private static RetryBackoffSpec again() {
        return Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(50))
                .maxBackoff(Duration.ofSeconds(1))
                .transientErrors(true);
    }
}
