package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Wire.Reply;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.StoredRequest;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Promise 11: whatever comes in, the public listener answers within the contract, leaks nothing, leaves no half job, and its
 * memory returns to where it was. A failure names its case: {@code -Dsluice.fuzz.seed=<case>} repeats that one;
 * {@code -Dsluice.fuzz.seconds=<n>} goes on with new cases for so long.
 */
class FuzzTest extends FuzzRig {

    private static final int BATCH = 250;
    private static final int CONNECTIONS = 24;
    private static final Pattern NUMBER = Pattern.compile("/c(\\d+)");
    private static final Pattern LENGTH =
            Pattern.compile("\r\ncontent-length:[ \t]*(\\d+)[ \t]*\r\n", Pattern.CASE_INSENSITIVE);

    private final ExecutorService clients = Executors.newFixedThreadPool(CONNECTIONS);

    @AfterAll
    void stopClients() {
        clients.shutdownNow();
    }

    static IntStream seeds() {
        Integer one = Integer.getInteger("sluice.fuzz.seed");
        return one != null ? IntStream.of(one) : IntStream.range(0, 4).map(i -> i * BATCH);
    }

    @ParameterizedTest(name = "cases from {0}")
    @MethodSource("seeds")
    void whateverComesIn(int seed) throws Exception {
        batch(seed, Integer.getInteger("sluice.fuzz.seed") == null ? BATCH : 1);
    }

    @Test
    void andOnAndOnIfAskedTo() throws Exception {
        long end = System.nanoTime()
                + Duration.ofSeconds(Long.getLong("sluice.fuzz.seconds", 0)).toNanos();
        while (System.nanoTime() < end) {
            int seed = ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE - BATCH);
            System.out.println("cases from " + seed);
            batch(seed, BATCH);
            eraseAll();
        }
    }

    @Test
    void memoryReturnsToWhereItWas() throws Exception {
        long heap = 0;
        long direct = 0;
        int seed = 1_000_000;
        for (int round = 0; round < 6; round++) {
            batch(seed += BATCH, round == 0 ? BATCH : BATCH / 2);
            eraseAll();
            if (round == 0) {
                heap = heap();
                direct = direct();
            }
        }
        assertThat(heap()).as("bytes of heap").isLessThan(heap + (12L << 20));
        assertThat(direct()).as("bytes of direct memory").isLessThan(direct + (12L << 20));
    }

    private static long heap() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long direct() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }

    private void batch(int seed, int count) throws Exception {
        List<String> paths = someJobs();
        int others = jobs().size();
        double before = accepted();
        Map<Integer, Case> cases = new ConcurrentHashMap<>();
        List<Future<List<Reply>>> running = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Case one = Case.of(seed + i, paths);
            cases.put(one.seed(), one);
            running.add(clients.submit(() -> send(one)));
        }
        List<Reply> replies = new ArrayList<>();
        for (Future<List<Reply>> each : running) {
            replies.addAll(each.get());
        }
        settle();
        List<Job> jobs = jobs();
        int made = jobs.size() - others;
        int told = (int) (accepted() - before); // of those who left meanwhile some were not
        assertThat(made).as("jobs made").isBetween(told, told + left.getAndSet(0));
        checkAcknowledged(replies);
        jobs.forEach(job -> checkBody(job.id(), cases));
        checkPlaces();
        watch.check();
    }

    /** Every job that a client was told of is there. */
    private void checkAcknowledged(List<Reply> replies) {
        for (Reply reply : replies) {
            String path = reply.status() == 202 ? reply.field("Location") : null;
            if (path != null) {
                String id = path.substring(path.lastIndexOf('/') + 1);
                assertThat(isKnown(JobId.parse(id).orElseThrow())).as(path).isTrue();
            }
        }
    }

    /** What was stored is whole, and nothing but what one client sent. */
    private void checkBody(JobId id, Map<Integer, Case> cases) {
        StoredRequest request = listeners.request(id);
        Matcher number = NUMBER.matcher(request.head().target());
        Case one = number.find() ? cases.get(Integer.parseInt(number.group(1))) : null;
        if (one == null) {
            return; // its number was spoiled
        }
        byte[] body = Listeners.bytes(request.body());
        assertThat((long) body.length).isEqualTo(request.size());
        byte[] sent = (one.text() + new String(one.marker(), ISO_8859_1)).getBytes(ISO_8859_1);
        assertThat(isWithin(body, sent)).as("the body of " + one).isTrue();
        List<String> lengths = LENGTH.matcher(one.text())
                .results()
                .map(found -> found.group(1))
                .toList();
        if (lengths.size() == 1 && !one.text().toLowerCase(Locale.ROOT).contains("chunked")) {
            assertThat(request.size()).as("the length of " + one).isIn(Long.parseLong(lengths.get(0)), 0L);
        }
    }

    private static boolean isWithin(byte[] body, byte[] sent) {
        int at = 0;
        for (int i = 0; i < sent.length && at < body.length; i++) {
            at += sent[i] == body[at] ? 1 : 0;
        }
        return at == body.length;
    }

    /** Nobody took a place in the queue and kept it: exactly as many jobs as it takes find one. */
    private void checkPlaces() throws IOException {
        String post = "POST /small/x HTTP/1.1\nHost: g\nContent-Length: 0\nSluice-Delay: 1h";
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            Reply reply = call(post);
            assertThat(reply.status()).isEqualTo(202);
            made.add(reply.field("Location"));
        }
        assertThat(call(post).problem()).isEqualTo("queue-full");
        for (String path : made) {
            assertThat(call("DELETE " + path + " HTTP/1.1\nHost: g").status()).isEqualTo(200);
        }
    }
}
