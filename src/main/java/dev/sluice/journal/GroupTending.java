package dev.sluice.journal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Closes idle groups, and goes on with cancelling and erasing groups where a node was interrupted: at the start, and then ten times
 * in the time after which a group is idle, but not more often than once a second nor less than once a minute.
 */
final class GroupTending extends PeriodicUpkeep {

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final Groups groups;
    private final Duration idle;

    GroupTending(Groups groups, Duration idle, Scheduler scheduler, MeterRegistry registry) {
        super(
                "Tending groups",
                Duration.ZERO,
                pause(idle),
                scheduler,
                Counter.builder("sluice.journal.groups.failures")
                        .description("Times that tending groups failed and is tried again")
                        .register(registry));
        this.groups = groups;
        this.idle = idle;
    }

    private static Duration pause(Duration idle) {
        Duration tenth = idle.dividedBy(10);
        Duration pause = tenth.compareTo(LONGEST) < 0 ? tenth : LONGEST;
        return pause.compareTo(SHORTEST) < 0 ? SHORTEST : pause;
    }

    @Override
    Mono<Void> run() {
        return groups.tendGroups(idle);
    }
}
