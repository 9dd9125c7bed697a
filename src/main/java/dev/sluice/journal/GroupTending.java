package dev.sluice.journal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Closes idle groups, and goes on with cancelling and erasing groups where a node was interrupted: at the start, and then ten times
 * in the time after which a group is idle, but not more often than once a second nor less than once a minute. What fails is logged,
 * counted and tried again the next time; while one run takes longer, the next is skipped.
 */
final class GroupTending implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(GroupTending.class);
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final Groups groups;
    private final Duration idle;
    private final Scheduler scheduler;
    private final Counter failures;
    private volatile Disposable running = () -> {};
    private volatile boolean started;

    GroupTending(Groups groups, Duration idle, Scheduler scheduler, MeterRegistry registry) {
        this.groups = groups;
        this.idle = idle;
        this.scheduler = scheduler;
        this.failures = Counter.builder("sluice.journal.groups.failures")
                .description("Times that tending groups failed and is tried again")
                .register(registry);
    }

    @Override
    public void start() {
        started = true;
        running = Flux.interval(Duration.ZERO, pause(), scheduler)
                .onBackpressureDrop()
                .concatMap(tick -> tend(), 1)
                .subscribe();
    }

    @Override
    public void stop() {
        started = false;
        running.dispose();
    }

    @Override
    public boolean isRunning() {
        return started;
    }

    private Duration pause() {
        Duration tenth = idle.dividedBy(10);
        Duration pause = tenth.compareTo(LONGEST) < 0 ? tenth : LONGEST;
        return pause.compareTo(SHORTEST) < 0 ? SHORTEST : pause;
    }

    private Mono<Void> tend() {
        return Mono.defer(() -> groups.tendGroups(idle)).onErrorResume(error -> {
            log.warn("Tending groups failed and will be tried again: {}", error.getMessage());
            failures.increment();
            return Mono.empty();
        });
    }
}
