package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Places are held from the subscription to the end of an exchange, however it ends. */
class PlacesTest {

    private final Places places = new Places(1);

    @Test
    void whoeverFindsNoneGetsTheOther() {
        Disposable first = places.with(Mono::never, () -> Mono.just("other")).subscribe();
        assertThat(places.with(() -> Mono.just("one"), () -> Mono.just("other")).block())
                .isEqualTo("other");
        first.dispose();
        assertThat(places.with(() -> Mono.just("one"), () -> Mono.just("other")).block())
                .isEqualTo("one");
        assertThat(places.taken()).isZero();
    }

    @Test
    void anErrorLeaves() {
        for (boolean thrown : new boolean[] {true, false}) {
            Mono<String> failing = places.with(
                    () -> {
                        if (thrown) {
                            throw new IllegalStateException("on purpose");
                        }
                        return Mono.error(new IllegalStateException("on purpose"));
                    },
                    () -> Mono.just("other"));
            assertThatThrownBy(failing::block).hasMessage("on purpose");
        }
        assertThat(places.taken()).isZero();
    }

    @Test
    void noMoreThanThereAre() throws InterruptedException {
        Places few = new Places(100);
        AtomicInteger entered = new AtomicInteger();
        Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                for (int n = 0; n < 100; n++) {
                    few.with(
                                    () -> {
                                        entered.incrementAndGet();
                                        return Mono.never();
                                    },
                                    Mono::empty)
                            .subscribe();
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(entered).hasValue(100);
    }
}
