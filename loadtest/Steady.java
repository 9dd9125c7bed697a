import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/**
 * Posts 256 bytes at a steady rate, whether or not the requests before were answered, and says how long the answers took,
 * each counted from when its request was due: a gateway that stands still is not spared the requests of that time. Exits
 * with 1 if an answer was no 202.
 */
public final class Steady {

    private static final byte[] BODY = "x".repeat(256).getBytes(StandardCharsets.US_ASCII);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private Steady() {}

    /**
     * URL, requests a second, seconds, seconds to warm up, name of the result; and, if each request is wanted, a file to
     * which is added when it was due and how long it took, both in milliseconds.
     */
    public static void main(String[] args) throws InterruptedException, IOException {
        HttpClient client = HttpClient.create(
                ConnectionProvider.builder("steady").maxConnections(2_000).pendingAcquireMaxCount(-1).lifo().build());
        int rate = Integer.parseInt(args[1]);
        int warmUp = rate * Integer.parseInt(args[3]);
        int count = rate * Integer.parseInt(args[2]);
        long[] nanos = new long[warmUp + count];
        AtomicInteger answered = new AtomicInteger();
        AtomicLong wrong = new AtomicLong();
        long begun = System.nanoTime();
        long begunAt = System.currentTimeMillis();
        for (int i = 0; i < nanos.length; i++) {
            int number = i;
            long due = begun + i * 1_000_000_000L / rate;
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                java.util.concurrent.locks.LockSupport.parkNanos(wait);
            }
            client.post()
                    .uri(args[0])
                    .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(BODY)))
                    .responseSingle((answer, body) -> body.then(Mono.just(answer.status().code())))
                    .timeout(LIMIT, Schedulers.parallel())
                    .onErrorReturn(0)
                    .subscribe(status -> {
                        nanos[number] = System.nanoTime() - due;
                        if (status != 202) {
                            wrong.incrementAndGet();
                        }
                        answered.incrementAndGet();
                    });
        }
        while (answered.get() < nanos.length) {
            Thread.sleep(10);
        }
        if (args.length > 5) {
            List<String> each = IntStream.range(warmUp, nanos.length)
                    .mapToObj(i -> (begunAt + i * 1_000L / rate) + " " + nanos[i] / 1e6)
                    .toList();
            Files.write(Path.of(args[5]), each, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        long[] sorted = Arrays.copyOfRange(nanos, warmUp, nanos.length);
        Arrays.sort(sorted);
        System.out.printf(
                "RESULT %s %.2f %.2f %.2f %.2f %d %d%n",
                args[4], at(sorted, 0.5), at(sorted, 0.99), at(sorted, 0.999), at(sorted, 1), count, wrong.get());
        System.exit(wrong.get() == 0 ? 0 : 1);
    }

    private static double at(long[] sorted, double part) {
        return sorted[Math.min(sorted.length - 1, (int) (sorted.length * part))] / 1e6;
    }
}
