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
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Sends a request, follows its events to the end through broken connections, prints the result. With a number it sends so many
 * requests as one group, follows them all on one stream and prints their results; a callback URL is told of the group's end (see
 * Receiver.java).
 *
 * <p>{@code java Client.java http://localhost:8080 [/async-operation [50 [https://receiver.example/hook]]]}
 */
class Client {

    private static final Set<String> ENDS = Set.of("succeeded", "failed", "cancelled");
    private static final Set<Integer> LATER = Set.of(429, 502, 503, 504); // worth another try
    private static final int TRIES = 60;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private String last = "0";

    public static void main(String[] args) throws Exception {
        URI url = URI.create(args[0] + (args.length > 1 ? args[1] : "/async-operation"));
        Client client = new Client();
        boolean succeeded = args.length > 2
                ? client.batch(args[0], url, Integer.parseInt(args[2]), args.length > 3 ? args[3] : null)
                : client.single(url);
        System.exit(succeeded ? 0 : 1);
    }

    private boolean single(URI url) throws Exception {
        URI job = submit(url, "{\"report\":\"q3\"}");
        System.out.println("accepted as " + job);
        AtomicLong expected = new AtomicLong();
        String state = follow(URI.create(job + "/events"), event -> {
            if (Long.parseLong(event.get("id")) != expected.incrementAndGet()) {
                throw new IllegalStateException("event " + event.get("id") + " instead of " + expected);
            }
            System.out.println(event.get("id") + " " + event.get("event"));
            return ENDS.contains(event.get("event"));
        }).get("event");
        HttpResponse<String> result = read(URI.create(job + "/result"));
        System.out.println(result.body());
        return state.equals("succeeded") && result.statusCode() == 200;
    }

    private boolean batch(String base, URI url, int count, String callback) throws Exception {
        String[] told = callback == null ? new String[0] : new String[] {"Sluice-Callback", callback};
        URI group = post(URI.create(base + "/groups"), "{\"size\":" + count + "}", 201, told);
        System.out.println("created " + group);
        String id = group.getPath().substring(group.getPath().lastIndexOf('/') + 1);
        for (int number = 0; number < count; number++) {
            submit(url, "{\"report\":" + number + "}", "Sluice-Group", id);
        }
        Map<String, URI> results = new LinkedHashMap<>();
        String finished = follow(URI.create(group + "/events"), event -> {
            String data = event.get("data");
            if (ENDS.contains(event.get("event"))) {
                URI result = url.resolve(find("\"result\":\"([^\"]+)\"", data));
                if (results.put(find("\"job\":\"([^\"]+)\"", data), result) != null) {
                    throw new IllegalStateException("told twice: " + data);
                }
                System.out.println(results.size() + " " + event.get("event"));
            }
            return event.get("event").equals("group") && data.contains("\"state\":\"finished\"");
        }).get("data");
        System.out.println("finished " + finished);
        for (URI result : results.values()) {
            System.out.println(read(result).body());
        }
        return results.size() == count && find("\"succeeded\":(\\d+)", finished).equals(Integer.toString(count));
    }

    /** What the backend answered, or why it never did. */
    private HttpResponse<String> read(URI result) throws Exception {
        return http.send(HttpRequest.newBuilder(result).build(), BodyHandlers.ofString());
    }

    /** In earnest with a JSON parser, which the JDK lacks. */
    private static String find(String pattern, String json) {
        Matcher matcher = Pattern.compile(pattern).matcher(json);
        return matcher.find() ? matcher.group(1) : "";
    }

    private URI submit(URI url, String body, String... fields) throws Exception {
        // Under one key the request may be repeated: it stays one job.
        String[] key = {"Idempotency-Key", UUID.randomUUID().toString()};
        return post(url, body, 202, Stream.of(key, fields).flatMap(Stream::of).toArray(String[]::new));
    }

    /** Where what was made is. */
    private URI post(URI url, String body, int status, String... fields) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body));
        if (fields.length > 0) {
            request.headers(fields);
        }
        HttpResponse<String> answer = call(request.build(), BodyHandlers.ofString());
        expect(status, answer);
        return url.resolve(answer.headers().firstValue("Location").orElseThrow());
    }

    /** Gives every event to {@code ends} until that says it was the last; after a break it goes on behind the last one. */
    private Map<String, String> follow(URI url, Predicate<Map<String, String>> ends) throws Exception {
        while (true) {
            HttpRequest request =
                    HttpRequest.newBuilder(url).header("Last-Event-ID", last).build();
            HttpResponse<Stream<String>> answer = call(request, BodyHandlers.ofLines());
            expect(200, answer);
            Map<String, String> event = new HashMap<>();
            try (Stream<String> lines = answer.body()) {
                for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
                    String line = each.next();
                    if (!line.isEmpty()) {
                        int colon = line.indexOf(':');
                        event.put(line.substring(0, Math.max(colon, 0)), line.substring(colon + 1).strip());
                    } else if (event.containsKey("data")) {
                        last = event.get("id");
                        if (ends.test(event)) {
                            return event;
                        }
                        event.clear();
                    }
                }
            } catch (UncheckedIOException e) {
                // the connection broke
            }
            Thread.sleep(1000);
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
