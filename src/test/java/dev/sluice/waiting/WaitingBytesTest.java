package dev.sluice.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WaitingBytesTest {

    private final AtomicLong clock = new AtomicLong();
    private final List<String> evicted = new ArrayList<>();
    private final WaitingBytes all = new WaitingBytes(100, clock::incrementAndGet, Runnable::run);

    private Share open(String name) {
        return all.open(() -> evicted.add(name));
    }

    @Test
    void thoseThatHaveTakenNothingForTheLongestGo() {
        open("first").take(40);
        Share second = open("second");
        second.take(40);
        open("third").take(20);
        second.give(10);
        open("fourth").take(20);
        assertThat(evicted).containsExactly("first");
    }

    @Test
    void bytesCountUntilTheyAreLetGoAndNobodyElseGoesForThem() {
        Share first = open("first");
        first.take(60);
        open("second").take(41);
        assertThat(evicted).containsExactly("first");
        assertThat(all.held()).isEqualTo(101);
        assertThat(all.isFull()).isTrue();
        Share third = open("third");
        third.take(20);
        first.take(5);
        assertThat(evicted).containsExactly("first");
        first.close();
        first.close();
        assertThat(all.held()).isEqualTo(61);
        assertThat(all.isFull()).isFalse();
        third.take(40);
        assertThat(evicted).containsExactly("first", "second");
    }

    @Test
    void whoIsAboutToGoIsCountedOnce() {
        open("first").take(101);
        open("second").take(101);
        assertThat(evicted).containsExactly("first", "second");
        assertThat(all.evicted()).isEqualTo(2);
    }
}
