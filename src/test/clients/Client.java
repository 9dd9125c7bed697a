import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Sends a request, follows its events to the end through broken connections, prints the result.
 *
 * <p>{@code java Client.java http://localhost:8080 [/async-operation]}
 */
class Client {

    private static final Set<String> ENDS = Set.of("succeeded", "failed", "cancelled");
    private static final Set<Integer> LATER = Set.of(429, 502, 503, 504); // worth another try
    private static final int TRIES = 60;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private long last;
    private String state = "";

    public static void main(String[] args) throws Exception {
        Client client = new Client();
        URI job = client.submit(URI.create(args[0] + (args.length > 1 ? args[1] : "/async-operation")));
        System.out.println("accepted as " + job);
        client.follow(URI.create(job + "/events"));
        // What the backend answered, or why it never did.
        HttpResponse<String> result = client.http.send(
                HttpRequest.newBuilder(URI.create(job + "/result")).build(), BodyHandlers.ofString());
        System.out.println(result.body());
        System.exit(client.state.equals("succeeded") && result.statusCode() == 200 ? 0 : 1);
    }

    private URI submit(URI url) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/json")
                // Under one key the request may be repeated: it stays one job.
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .POST(BodyPublishers.ofString("{\"report\":\"q3\"}"))
                .build();
        HttpResponse<String> answer = call(request, BodyHandlers.ofString());
        expect(202, answer);
        return url.resolve(answer.headers().firstValue("Location").orElseThrow());
    }

    /** Prints number and name of every event; after a break it goes on behind the last one. */
    private void follow(URI url) throws Exception {
        while (!ENDS.contains(state)) {
            HttpRequest request = HttpRequest.newBuilder(url)
                    .header("Last-Event-ID", Long.toString(last))
                    .build();
            HttpResponse<Stream<String>> answer = call(request, BodyHandlers.ofLines());
            expect(200, answer);
            Map<String, String> event = new HashMap<>();
            try (Stream<String> lines = answer.body()) {
                lines.forEach(line -> take(line, event));
            } catch (UncheckedIOException e) {
                // the connection broke
            }
            if (!ENDS.contains(state)) {
                Thread.sleep(1000);
            }
        }
    }

    private void take(String line, Map<String, String> event) {
        if (!line.isEmpty()) {
            int colon = line.indexOf(':');
            event.put(line.substring(0, Math.max(colon, 0)), line.substring(colon + 1).strip());
        } else if (event.containsKey("data")) {
            long number = Long.parseLong(event.get("id"));
            if (number != last + 1) {
                throw new IllegalStateException("event " + number + " after " + last);
            }
            last = number;
            state = event.get("event");
            event.clear();
            System.out.println(last + " " + state);
        }
    }

    /** Calls until there is an answer that is not to be asked for again later. */
    private <T> HttpResponse<T> call(HttpRequest request, BodyHandler<T> handler) throws Exception {
        for (int attempt = 0; attempt < TRIES; attempt++) {
            try {
                HttpResponse<T> answer = http.send(request, handler);
                if (!LATER.contains(answer.statusCode())) {
                    return answer;
                }
            } catch (IOException e) {
                // nobody there just now
            }
            Thread.sleep(1000);
        }
        throw new IllegalStateException("the gateway is gone");
    }

    private static void expect(int status, HttpResponse<?> answer) {
        if (answer.statusCode() != status) {
            throw new IllegalStateException(answer.uri() + " answered " + answer.statusCode());
        }
    }
}
