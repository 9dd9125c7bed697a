package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.queue.ClientLimits.Decision;
import dev.sluice.route.RateLimit;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

class ClientLimitsTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // nanoTime may overflow
    private final ClientLimits limits = new ClientLimits(nanos::get);
    private final Route route = limited("r", "ip", "100/m", 20);

    @Test
    void aRestedClientMaySendABurst() {
        for (int left = 19; left >= 0; left--) {
            Decision decision = limits.tryAcquire(route, "10.0.0.1");
            assertThat(decision.allowed()).isTrue();
            assertThat(decision.remaining()).isEqualTo(left);
            assertThat(decision.retryAfter()).isZero();
        }
        Decision denied = limits.tryAcquire(route, "10.0.0.1");
        assertThat(denied.allowed()).isFalse();
        assertThat(denied.remaining()).isZero();
        assertThat(denied.retryAfter()).isEqualTo(Duration.ofMillis(600));
        assertThat(denied.reset()).isEqualTo(Duration.ofSeconds(12));
    }

    @Test
    void theFieldsSayWhereTheClientStands() {
        Decision first = limits.tryAcquire(route, "10.0.0.1");
        assertThat(first.policyField()).isEqualTo("\"default\";q=100;w=60");
        assertThat(first.field()).isEqualTo("\"default\";r=19;t=1");
        spend(route, "10.0.0.1");
        Decision denied = limits.tryAcquire(route, "10.0.0.1");
        assertThat(denied.policyField()).isEqualTo("\"default\";q=100;w=60");
        assertThat(denied.field()).isEqualTo("\"default\";r=0;t=12");
        assertThat(denied.retryAfterSeconds()).isEqualTo(1);
        Route slow = limited("slow", "ip", "1/h", 1);
        spend(slow, "10.0.0.1");
        assertThat(limits.tryAcquire(slow, "10.0.0.1").retryAfterSeconds()).isEqualTo(3600);
    }

    @Test
    void theBucketFillsEvenlyAndNeverBeyondTheBurst() {
        spend(route, "10.0.0.1");
        advance(Duration.ofMillis(599));
        assertThat(limits.tryAcquire(route, "10.0.0.1").allowed()).isFalse();
        advance(Duration.ofMillis(1));
        assertThat(limits.tryAcquire(route, "10.0.0.1").allowed()).isTrue();
        assertThat(limits.tryAcquire(route, "10.0.0.1").allowed()).isFalse();
        advance(Duration.ofSeconds(6));
        assertThat(spend(route, "10.0.0.1")).isEqualTo(10);
        advance(Duration.ofDays(1));
        assertThat(spend(route, "10.0.0.1")).isEqualTo(20);
    }

    @Test
    void aTryThatIsDeniedCostsNothing() {
        spend(route, "10.0.0.1");
        for (int i = 0; i < 1_000; i++) {
            limits.tryAcquire(route, "10.0.0.1");
        }
        advance(Duration.ofMillis(600));
        assertThat(limits.tryAcquire(route, "10.0.0.1").allowed()).isTrue();
    }

    @Test
    void clientsAndRoutesAreApart() {
        Route other = limited("other", "ip", "1/m", 2);
        assertThat(spend(route, "10.0.0.1")).isEqualTo(20);
        assertThat(spend(route, "10.0.0.2")).isEqualTo(20);
        assertThat(spend(other, "10.0.0.1")).isEqualTo(2);
        assertThat(spend(other, "10.0.0.2")).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "ip, 2001:db8::1, 2001:db8:0:0:ffff::9, true",
        "ip, 2001:db8::1, 2001:db8:0:1::1, false",
        "ip, '[2001:db8::1]', 2001:db8::2, true",
        "ip, fe80::1%eth0, fe80::2%eth0, true",
        "ip, 10.0.0.1, 10.0.0.2, false",
        "ip, ::ffff:10.0.0.1, ::ffff:10.0.0.2, false",
        "ip, ::ffff:10.0.0.1, 10.0.0.1, true",
        "ip, ::1, 0.0.0.1, false",
        "ip, '', unknown, false",
        "header:X-Key, 2001:db8::1, 2001:db8::2, false",
        "header:X-Key, 10.0.0.1, 10.0.0.1, true",
        "header:X-Key, key, Key, false",
        "header:X-Key, '', '', true",
    })
    void whoIsOneClient(String by, String one, String another, boolean same) {
        Route limited = limited("r", by, "1/m", 1);
        assertThat(limits.tryAcquire(limited, one).allowed()).isTrue();
        assertThat(limits.tryAcquire(limited, another).allowed()).isEqualTo(!same);
    }

    @Test
    void aRouteThatIsConfiguredAnewHasItsNewLimitAtOnce() {
        assertThat(spend(route, "10.0.0.1")).isEqualTo(20);
        assertThat(spend(limited("r", "ip", "100/m", 30), "10.0.0.1")).isEqualTo(30);
    }

    @Test
    void aRouteWithoutLimitIsNotAskedAbout() {
        assertThatThrownBy(() -> limits.tryAcquire(Routes.route("free", "/f", "http://localhost:1"), "10.0.0.1"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theLargestNumbersDoNotOverflow() {
        Route slow = limited("slow", "ip", "1/d", Integer.MAX_VALUE);
        assertThat(limits.tryAcquire(slow, "10.0.0.1").remaining()).isEqualTo(Integer.MAX_VALUE - 1);
        Route fast = limited("fast", "ip", "999999999/s", Integer.MAX_VALUE);
        assertThat(limits.tryAcquire(fast, "10.0.0.1").remaining()).isEqualTo(Integer.MAX_VALUE - 1);
        advance(Duration.ofDays(3650));
        assertThat(limits.tryAcquire(slow, "10.0.0.1").remaining()).isEqualTo(Integer.MAX_VALUE - 1);
        assertThat(limits.tryAcquire(fast, "10.0.0.1").remaining()).isEqualTo(Integer.MAX_VALUE - 1);
    }

    @Test
    void manyThreadsTakeNoMoreThanThereIs() {
        AtomicLong allowed = new AtomicLong();
        Route large = limited("large", "ip", "1/d", 5_000);
        Flux.range(0, 20_000)
                .parallel(8)
                .runOn(Schedulers.parallel()) // where nothing may block
                .doOnNext(i -> {
                    if (limits.tryAcquire(large, "10.0.0.1").allowed()) {
                        allowed.incrementAndGet();
                    }
                })
                .sequential()
                .blockLast(LIMIT);
        assertThat(allowed).hasValue(5_000);
    }

    private long spend(Route route, String client) {
        long spent = 0;
        while (limits.tryAcquire(route, client).allowed()) {
            spent++;
        }
        return spent;
    }

    private void advance(Duration by) {
        nanos.addAndGet(by.toNanos());
    }

    private static Route limited(String id, String by, String limit, int burst) {
        Route route = Routes.route(
                id,
                "/" + id,
                "http://localhost:1",
                "rate-limit.by=" + by,
                "rate-limit.limit=" + limit,
                "rate-limit.burst=" + burst);
        RateLimit read = route.admission().rateLimit();
        assertThat(read).isNotNull();
        return route;
    }
}
