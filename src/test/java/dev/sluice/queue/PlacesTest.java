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

class PlacesTest {

    private final Places places = new Places();

    @Test
    void countsThoseWhoAreAboutToJoin() {
        assertThat(places.tryEnter(3, () -> 1)).isTrue();
        assertThat(places.tryEnter(3, () -> 1)).isTrue();
        assertThat(places.tryEnter(3, () -> 1)).isFalse();
        places.leave();
        assertThat(places.tryEnter(3, () -> 1)).isTrue();
        assertThat(places.tryEnter(3, () -> 2)).isFalse();
    }

    @Test
    void nobodyLeavesWhoDidNotEnter() {
        assertThatIllegalStateException().isThrownBy(places::leave);
        assertThat(places.tryEnter(1, () -> 0)).isTrue();
        places.leave();
        assertThatIllegalStateException().isThrownBy(places::leave);
        assertThat(places.tryEnter(1, () -> 0)).isTrue();
    }

    /** Whoever changes the length while somebody else looks at it must not open a place that is not there. */
    @Test
    void aStaleLengthGivesNoPlace() {
        AtomicLong length = new AtomicLong(8);
        assertThat(places.tryEnter(10, length::get)).isTrue();
        boolean[] interfered = new boolean[1];
        boolean entered = places.tryEnter(10, () -> {
            long seen = length.get();
            if (!interfered[0]) {
                interfered[0] = true;
                length.incrementAndGet(); // the one that is entering joins,
                places.leave();
                assertThat(places.tryEnter(10, length::get)).isTrue(); // and another enters: it has the last place
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
                                            if (places.tryEnter(limit, length::get)) {
                                                most.accumulateAndGet(length.incrementAndGet(), Math::max);
                                                places.leave();
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
        assertThat(places.tryEnter(limit, length::get)).isFalse();
        assertThat(places.tryEnter(limit + 1, length::get)).isTrue();
    }
}
