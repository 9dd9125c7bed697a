package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.route.Routes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class RatesTest {

    private final MockClock clock = new MockClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
    private final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
    private final Rates rates = new Rates(
            Routes.current(
                    Routes.route("a", "/a", "http://localhost:1"), Routes.route("b", "/b", "http://localhost:1")),
            registry,
            scheduler);

    @AfterEach
    void dispose() {
        rates.stop();
        scheduler.dispose();
    }

    private void pass(Duration time) {
        for (long second = 0; second < time.toSeconds(); second++) {
            clock.add(Duration.ofSeconds(1));
            scheduler.advanceTimeBy(Duration.ofSeconds(1));
        }
    }

    private Counter finished(String state) {
        return registry.counter("sluice.jobs.finished", "route", "a", "state", state);
    }

    @Test
    void tellsWhatHappenedInTheLastMinute() {
        registry.counter("sluice.accepted", "route", "a").increment(1_000); // before the start
        rates.start();
        pass(Duration.ofSeconds(10));
        registry.counter("sluice.accepted", "route", "a").increment(30);
        finished("succeeded").increment(5);
        finished("failed").increment(15);
        registry.timer("sluice.attempts", "route", "a").record(Duration.ofMillis(1));
        assertThat(rates.now())
                .containsEntry("a", new Rates.Rate(3, 0.1, 2))
                .containsEntry("b", new Rates.Rate(0, 0, 0));
        pass(Duration.ofSeconds(20));
        assertThat(rates.now().get("a").accepted()).isEqualTo(1);
        pass(Duration.ofSeconds(55));
        assertThat(rates.now().get("a")).isEqualTo(new Rates.Rate(0, 0, 0));
        registry.counter("sluice.accepted", "route", "a").increment(600);
        assertThat(rates.now().get("a").accepted()).isBetween(10.0, 11.0);
    }

    @Test
    void rightAfterTheStartItDoesNotExaggerate() {
        rates.start();
        registry.counter("sluice.accepted", "route", "b").increment(7);
        assertThat(rates.now().get("b").accepted()).isEqualTo(7);
        rates.stop();
        assertThat(rates.isRunning()).isFalse();
    }
}
