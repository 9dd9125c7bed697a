package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class PermitsTest {

    private final Permits permits = new Permits();

    @Test
    void countsThoseWhoAreAboutToJoin() {
        assertThat(permits.tryEnter(3, () -> 1)).isTrue();
        assertThat(permits.tryEnter(3, () -> 1)).isTrue();
        assertThat(permits.tryEnter(3, () -> 1)).isFalse();
        permits.leave();
        assertThat(permits.tryEnter(3, () -> 1)).isTrue();
        assertThat(permits.tryEnter(3, () -> 2)).isFalse();
    }

    @Test
    void nobodyLeavesWhoDidNotEnter() {
        assertThatIllegalStateException().isThrownBy(permits::leave);
        assertThat(permits.tryEnter(1, () -> 0)).isTrue();
        permits.leave();
        assertThatIllegalStateException().isThrownBy(permits::leave);
        assertThat(permits.tryEnter(1, () -> 0)).isTrue();
    }

    /** Whoever changes the length while somebody else looks at it must not open a place that is not there. */
    @Test
    void aStaleLengthGivesNoPlace() {
        AtomicLong length = new AtomicLong(8);
        assertThat(permits.tryEnter(10, length::get)).isTrue();
        boolean[] interfered = new boolean[1];
        boolean entered = permits.tryEnter(10, () -> {
            long seen = length.get();
            if (!interfered[0]) {
                interfered[0] = true;
                length.incrementAndGet(); // the one that is entering joins,
                permits.leave();
                assertThat(permits.tryEnter(10, length::get)).isTrue(); // and another enters: it has the last place
            }
            return seen;
        });
        assertThat(entered).isFalse();
    }

    @RepeatedTest(20)
    void theLimitHoldsAndEachPlaceIsGivenUnderRaces() {
        int limit = 500;
        AtomicLong length = new AtomicLong();
        AtomicLong most = new AtomicLong();
        Scheduler racers = Schedulers.newParallel("racer", 4, true);
        try {
            StepVerifier.create(Flux.range(0, 4)
                            .flatMap(racer -> Mono.fromRunnable(() -> {
                                        while (length.get() < limit) {
                                            if (permits.tryEnter(limit, length::get)) {
                                                most.accumulateAndGet(length.incrementAndGet(), Math::max);
                                                permits.leave();
                                            }
                                        }
                                    })
                                    .subscribeOn(racers)))
                    .expectComplete()
                    .verify(Duration.ofSeconds(20));
        } finally {
            racers.dispose();
        }
        assertThat(length).hasValue(limit);
        assertThat(most).hasValue(limit);
        assertThat(permits.tryEnter(limit, length::get)).isFalse();
        assertThat(permits.tryEnter(limit + 1, length::get)).isTrue();
    }
}
