package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.route.RateLimit;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

class ClientBucketsTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final RateLimit TEN_IN_A_MINUTE =
            new RateLimit(new RateLimit.By.Ip(), 10, Duration.ofMinutes(1), 10, 0);

    private final AtomicLong nanos = new AtomicLong();

    @Test
    void aClientIsForgottenWhenItsBucketIsFull() {
        ClientBuckets clients = new ClientBuckets(TEN_IN_A_MINUTE, 1_000, nanos::get);
        for (int i = 0; i < 100; i++) {
            empty(clients, i);
        }
        advance(Duration.ofSeconds(59));
        empty(clients, 1_000);
        assertThat(clients.size()).isEqualTo(101);
        advance(Duration.ofSeconds(1));
        empty(clients, 1_000);
        advance(Duration.ofSeconds(60));
        empty(clients, 1_000);
        assertThat(clients.size()).isEqualTo(2);
    }

    @Test
    void noClientIsForgottenBeforeThat() {
        ClientBuckets clients = new ClientBuckets(TEN_IN_A_MINUTE, 1_000, nanos::get);
        advance(Duration.ofSeconds(59));
        empty(clients, 0);
        advance(Duration.ofSeconds(1));
        clients.bucket(key(1));
        advance(Duration.ofSeconds(5));
        assertThat(clients.bucket(key(0)).tryConsume(2))
                .as("6 s after it was empty")
                .isFalse();
        assertThat(clients.bucket(key(0)).tryConsume(1)).isTrue();
    }

    @Test
    void oneThatKeepsSendingStaysKnown() {
        ClientBuckets clients = new ClientBuckets(TEN_IN_A_MINUTE, 1_000, nanos::get);
        empty(clients, 0);
        for (int second = 1; second <= 600; second++) {
            advance(Duration.ofSeconds(1));
            assertThat(clients.bucket(key(0)).tryConsume(1))
                    .as("second " + second)
                    .isEqualTo(second % 6 == 0);
        }
    }

    @Test
    void aFloodOfStrangersIsBoundedAndPassesOverThoseWhoKeepSending() {
        ClientBuckets clients = new ClientBuckets(TEN_IN_A_MINUTE, 1_000, nanos::get);
        empty(clients, -1);
        for (int i = 0; i < 100_000; i++) {
            clients.bucket(key(i)).tryConsume(1);
            if (i % 100 == 0) {
                assertThat(clients.size()).isLessThanOrEqualTo(1_000);
                assertThat(clients.bucket(key(-1)).tryConsume(1))
                        .as("still empty")
                        .isFalse();
            }
        }
    }

    @Test
    void manyThreadsKeepTheBoundAndNeverWait() {
        ClientBuckets clients = new ClientBuckets(TEN_IN_A_MINUTE, 1_000, nanos::get);
        AtomicInteger most = new AtomicInteger();
        Flux.range(0, 200_000)
                .parallel(8)
                .runOn(Schedulers.parallel()) // where nothing may block
                .doOnNext(i -> {
                    clients.bucket(key(i)).tryConsume(1);
                    most.accumulateAndGet(clients.size(), Math::max);
                })
                .sequential()
                .blockLast(LIMIT);
        assertThat(most).hasValueBetween(500, 1_000 + 8 * 4);
    }

    private static void empty(ClientBuckets clients, int client) {
        clients.bucket(key(client)).tryConsumeAsMuchAsPossible();
    }

    private static ClientKey key(int client) {
        return new ClientKey(client, 0);
    }

    private void advance(Duration by) {
        nanos.addAndGet(by.toNanos());
    }
}
