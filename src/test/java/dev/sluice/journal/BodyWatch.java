package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;

/** Watches a large body while it is taken: how much is asked for ahead, and how much of it stays in the heap. */
final class BodyWatch {

    private static final long MOST_AHEAD = 256;
    static final long MOST_HELD = 32 << 20;
    private static final long LOOK_AT = 1_500;

    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong given = new AtomicLong();
    private final AtomicLong mostAhead = new AtomicLong();
    private final AtomicLong before = new AtomicLong();
    private final AtomicLong held = new AtomicLong();

    Flux<byte[]> watched(Flux<byte[]> body) {
        return body.doOnNext(piece -> {
                    if (given.incrementAndGet() == LOOK_AT) {
                        held.set(used() - before.get());
                    }
                })
                .doOnRequest(n -> mostAhead.accumulateAndGet(asked.addAndGet(n) - given.get(), Math::max))
                .doOnSubscribe(subscription -> before.set(used()));
    }

    /**
     * That the body was taken with back-pressure.
     *
     * @param streams whether it is also not to be held in the heap
     */
    void assertBounded(boolean streams) {
        assertThat(given.get()).isGreaterThan(LOOK_AT);
        assertThat(mostAhead.get()).as("pieces asked for ahead").isBetween(1L, MOST_AHEAD);
        if (streams) {
            assertThat(held.get()).as("bytes held in the heap").isLessThan(MOST_HELD);
        }
    }

    /** Bytes of heap in use, after what is garbage has gone. */
    static long used() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
