package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.ingress.Frames;
import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Transport;
import dev.sluice.ingress.Wire.Reply;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.StoredRequest;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * Promise 11: whatever comes in, the public listener answers within the contract, leaks nothing, leaves no half job, and its
 * memory returns to where it was. A failure names its case: {@code -Dsluice.fuzz.seed=<case>} repeats that one;
 * {@code -Dsluice.fuzz.seconds=<n>} goes on with new cases for so long.
 */
class FuzzTest extends FuzzRig {

    private static final int BATCH = 250;
    private static final int FRAMES = 200;
    private static final int CONNECTIONS = 24;
    private static final Pattern NUMBER = Pattern.compile("/c(\\d+)");
    private static final Pattern LENGTH =
            Pattern.compile("\r\ncontent-length:[ \t]*(\\d+)[ \t]*\r\n", Pattern.CASE_INSENSITIVE);

    private final ExecutorService clients = Executors.newFixedThreadPool(CONNECTIONS);

    @AfterAll
    void stopClients() {
        clients.shutdownNow();
    }

    @Test
    void whateverComesIn() throws Exception {
        Integer one = Integer.getInteger("sluice.fuzz.seed");
        if (one != null) {
            batch(one, 1);
            return;
        }
        for (int i = transport == Transport.PLAIN ? 0 : 1; i < 2; i++) {
            batch((i + 2 * transport.ordinal()) * BATCH, BATCH);
        }
    }

    /** Frames of requests, some of them spoiled: the connection ends or goes on, and no body is half. */
    @Test
    void whateverFramesComeIn() throws Exception {
        assumeThat(transport).isNotEqualTo(Transport.PLAIN);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < FRAMES; i++) {
            Random random = new Random(i * 0x9E3779B97F4A7C15L);
            running.add(clients.submit(() -> sendFrames(random)));
        }
        for (Future<?> each : running) {
            each.get();
        }
        settle();
        for (Job job : jobs()) {
            StoredRequest request = listeners.request(job.id());
            if (request.head().target().equals("/async/frames")) {
                assertThat(Listeners.bytes(request.body())).asString().isEqualTo("firstsecond");
            }
        }
        watch.check();
        eraseAll();
    }

    private Void sendFrames(Random random) throws IOException {
        try (Frames client = new Frames(transport, listeners.port())) {
            for (int stream = 1; stream < 20; stream += 2) {
                client.head(stream, false, "POST /async/frames").data(stream, false, "first");
                switch (random.nextInt(8)) {
                    case 0 -> client.reset(stream, random.nextInt(14));
                    case 1 -> client.raw(noise(random));
                    case 2 ->
                        client.frame(1 + random.nextInt(11), random.nextInt(256), random.nextInt(30), noise(random));
                    case 3 -> client.head(stream, random.nextBoolean(), "POST /async/frames");
                    default -> client.data(stream, true, "second");
                }
            }
            client.frame(Frames.GOAWAY, 0, 0, new byte[8]);
            client.end();
            while (client.next() != null) {
                // whatever is answered
            }
        } catch (SocketException closed) {
            return null; // nothing more is read from somebody who does not keep to the protocol
        }
        return null;
    }

    private static byte[] noise(Random random) {
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        return bytes;
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
        assumeThat(transport).isEqualTo(Transport.PLAIN); // what leaks is seen on each of them
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
        List<JobId> others = jobs().stream().map(Job::id).toList();
        double before = accepted();
        List<Case> cases = new ArrayList<>();
        List<Future<List<Reply>>> running = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Case one = Case.of(seed + i, paths);
            cases.add(one);
            running.add(clients.submit(() -> send(one)));
        }
        List<Reply> replies = new ArrayList<>();
        for (Future<List<Reply>> each : running) {
            replies.addAll(each.get());
        }
        settle();
        List<JobId> jobs = new ArrayList<>(jobs().stream().map(Job::id).toList());
        jobs.removeAll(others);
        int made = jobs.size();
        int told = (int) (accepted() - before); // of those who left meanwhile some were not
        assertThat(made).as("jobs made").isBetween(told, told + left.getAndSet(0));
        checkAcknowledged(replies);
        jobs.forEach(job -> checkBody(job, cases));
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
    private void checkBody(JobId id, List<Case> cases) {
        StoredRequest request = listeners.request(id);
        Matcher number = NUMBER.matcher(request.head().target());
        if (!number.find()) {
            return; // its number was spoiled
        }
        byte[] body = Listeners.bytes(request.body());
        assertThat((long) body.length).isEqualTo(request.size());
        List<Case> senders = cases.stream()
                .filter(one -> one.text().contains(number.group()))
                .toList();
        assertThat(senders.isEmpty() || senders.stream().anyMatch(one -> isOf(body, one)))
                .as("the body of one of " + senders)
                .isTrue();
    }

    private static boolean isOf(byte[] body, Case one) {
        byte[] sent = (one.text() + new String(one.marker(), ISO_8859_1)).getBytes(ISO_8859_1);
        List<String> lengths = LENGTH.matcher(one.text())
                .results()
                .map(found -> found.group(1))
                .toList();
        boolean announced =
                lengths.size() == 1 && !one.text().toLowerCase(Locale.ROOT).contains("chunked");
        return isWithin(body, sent)
                && (!announced || body.length == 0 || body.length == Long.parseLong(lengths.get(0)));
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
