import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/**
 * Sends jobs at a steady rate to a backend that takes a known time, follows the events of each over a connection of its own,
 * and says how much later than the backend its reader was told of the end. With several nodes a job is sent to one and
 * followed at the next. Exits with 1 if a job did not succeed or its events had a gap.
 */
public final class Told {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final byte[] BODY = "x".repeat(256).getBytes(StandardCharsets.US_ASCII);
    private static final Pattern EVENT = Pattern.compile("(?m)^id: ?(\\d+)$|^event: ?(\\w+)$|\"at\":\"([^\"]+)\"");

    private final HttpClient client = HttpClient.create(
            ConnectionProvider.builder("told").maxConnections(1000).lifo().build());
    private final List<String> nodes;
    private final String backend;
    private final Duration work;

    private Told(String[] args) {
        nodes = List.of(args[0].split(","));
        backend = args[1];
        work = Duration.ofMillis(Long.parseLong(args[2]));
    }

    /** What became of one job, in milliseconds: until the 202 and until the end was told, both as its client saw it. */
    private record Seen(double accepted, double told, double started) {}

    /** Base URLs of the nodes with commas, URL of the backend, milliseconds of work, jobs a second, seconds, seconds to warm up, name. */
    public static void main(String[] args) {
        Told told = new Told(args);
        int rate = Integer.parseInt(args[3]);
        int jobs = rate * Integer.parseInt(args[4]);
        told.run(rate * 5, rate * 5 * Integer.parseInt(args[5]), told::job); // warms up
        List<Double> floor = new ArrayList<>(told.run(rate, jobs / 3, told::direct));
        List<Seen> seen = told.run(rate, jobs, told::job);
        result(args[6], "floor", floor);
        result(args[6], "accepted", seen.stream().map(Seen::accepted).toList());
        result(args[6], "started", seen.stream().map(Seen::started).toList());
        result(args[6], "told", seen.stream().map(Seen::told).toList());
        System.exit(0);
    }

    private static void result(String setup, String what, List<Double> millis) {
        List<Double> sorted = new ArrayList<>(millis);
        Collections.sort(sorted);
        double mean = sorted.stream().mapToDouble(one -> one).average().orElseThrow();
        System.out.printf(
                "RESULT %s %s %.2f %.2f %.2f %d%n", setup, what, mean, at(sorted, 0.5), at(sorted, 0.99), sorted.size());
    }

    private static double at(List<Double> sorted, double part) {
        return sorted.get(Math.min(sorted.size() - 1, (int) (sorted.size() * part)));
    }

    private interface One<T> {
        Mono<T> run(long number);
    }

    /** At a steady rate, however long each takes. */
    private <T> List<T> run(int rate, int count, One<T> one) {
        return Flux.interval(Duration.ofNanos(1_000_000_000L / rate))
                .onBackpressureBuffer()
                .take(count)
                .flatMap(one::run, 1000)
                .collectList()
                .block(Duration.ofSeconds(count / rate).plus(LIMIT));
    }

    private Mono<Seen> job(long number) {
        String first = nodes.get((int) (number % nodes.size()));
        String second = nodes.get((int) ((number + 1) % nodes.size()));
        return Mono.defer(() -> {
            long begun = System.nanoTime();
            return client.post()
                    .uri(first + "/e2e?delay=" + work.toMillis() + "ms")
                    .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(BODY)))
                    .responseSingle((answer, body) -> answer.status().code() == 202
                            ? body.then(Mono.just(answer.responseHeaders().get("Location")))
                            : Mono.error(new IllegalStateException("answered " + answer.status())))
                    .flatMap(location -> {
                        double accepted = millis(begun);
                        return followed(second + location + "/events", begun, accepted);
                    })
                    .timeout(LIMIT);
        });
    }

    private Mono<Seen> followed(String events, long begun, double accepted) {
        return client.get()
                .uri(events)
                .responseContent()
                .asString(StandardCharsets.UTF_8)
                .collect(StringBuilder::new, StringBuilder::append)
                .map(text -> seen(text, begun, accepted));
    }

    private Seen seen(CharSequence text, long begun, double accepted) {
        double told = millis(begun) - work.toMillis();
        List<String> names = new ArrayList<>();
        List<String> numbers = new ArrayList<>();
        List<Instant> times = new ArrayList<>();
        Matcher matcher = EVENT.matcher(text);
        while (matcher.find()) {
            if (matcher.group(1) != null) {
                numbers.add(matcher.group(1));
            } else if (matcher.group(2) != null) {
                names.add(matcher.group(2));
            } else {
                times.add(Instant.parse(matcher.group(3)));
            }
        }
        if (!names.equals(List.of("accepted", "started", "succeeded")) || !numbers.equals(List.of("1", "2", "3"))) {
            throw new IllegalStateException("the events were " + text);
        }
        return new Seen(accepted, told, Duration.between(times.get(0), times.get(1)).toMillis());
    }

    /** The same without a gateway: what client, network and backend take. */
    private Mono<Double> direct(long number) {
        return Mono.defer(() -> {
            long begun = System.nanoTime();
            return client.post()
                    .uri(backend + "/e2e?delay=" + work.toMillis() + "ms")
                    .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(BODY)))
                    .responseSingle((answer, body) -> body.then())
                    .then(Mono.fromSupplier(() -> millis(begun) - work.toMillis()))
                    .timeout(LIMIT);
        });
    }

    private static double millis(long since) {
        return (System.nanoTime() - since) / 1e6;
    }
}
