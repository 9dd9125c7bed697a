import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A backend that answers with a stream of many events, and readers that count what of it they are told. */
public final class Pieces {

    private Pieces() {}

    /** {@code serve <port> <bytes of an event>}, or {@code read <URL to post to> <readers>}. */
    public static void main(String[] args) throws Exception {
        if (args[0].equals("serve")) {
            serve(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        } else {
            read(URI.create(args[1]), Integer.parseInt(args[2]));
        }
    }

    private static void serve(int port, int bytes) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/ready", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.createContext("/pieces", exchange -> stream(exchange, bytes));
        server.start();
    }

    private static void stream(HttpExchange exchange, int bytes) throws IOException {
        int pieces = Integer.parseInt(exchange.getRequestURI().getQuery().substring(2));
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            for (int i = 0; i < pieces; i++) {
                String begin = "data: {\"n\":" + i + ",\"text\":\"";
                String end = "\"}\n\n";
                int length = Math.max(0, bytes - begin.length() - end.length());
                StringBuilder fill = new StringBuilder();
                for (long random = i + 1; fill.length() < length; random *= 0x9E3779B97F4A7C15L) {
                    fill.append(Long.toUnsignedString(random, 36));
                }
                out.write((begin + fill.substring(0, length) + end)
                        .getBytes(StandardCharsets.US_ASCII));
                out.flush();
            }
        }
    }

    private static void read(URI url, int readers) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        long begun = System.nanoTime();
        HttpResponse<String> accepted = client.send(
                HttpRequest.newBuilder(url).POST(HttpRequest.BodyPublishers.noBody()).build(),
                HttpResponse.BodyHandlers.ofString());
        if (accepted.statusCode() != 202) {
            throw new IllegalStateException("answered " + accepted.statusCode());
        }
        URI job = url.resolve(accepted.headers().firstValue("Location").orElseThrow());
        long expected = Long.parseLong(url.getQuery().substring(2));
        boolean good = report("live", follow(client, job, readers), begun, expected);
        begun = System.nanoTime();
        good &= report("late", follow(client, job, readers), begun, expected);
        System.exit(good ? 0 : 1);
    }

    private record Told(long events, long bytes, long pieces, long at) {}

    private static List<Told> follow(HttpClient client, URI job, int readers) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(readers);
        List<Future<Told>> all = new ArrayList<>();
        for (int i = 0; i < readers; i++) {
            Callable<Told> reader = () -> told(client, URI.create(job + "/events"));
            all.add(threads.submit(reader));
        }
        List<Told> told = new ArrayList<>();
        for (Future<Told> one : all) {
            told.add(one.get());
        }
        threads.shutdown();
        return told;
    }

    /** Checks that offsets follow one another. */
    private static Told told(HttpClient client, URI events) throws IOException, InterruptedException {
        HttpResponse<java.io.InputStream> stream =
                client.send(HttpRequest.newBuilder(events).build(), HttpResponse.BodyHandlers.ofInputStream());
        long count = 0;
        long bytes = 0;
        long pieces = 0;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
            String event = "";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("event:")) {
                    event = line.substring(6).strip();
                } else if (line.startsWith("data:") && event.equals("output")) {
                    count++;
                    if (number(line, "\"offset\":") != bytes) {
                        throw new IllegalStateException("after " + bytes + " bytes came " + line.substring(line.length() - 40));
                    }
                    String piece = line.substring(line.indexOf("\"text\":\"") + 8, line.lastIndexOf("\",\"attempt\""))
                            .replace("\\u000a", "\n")
                            .replace("\\\"", "\"");
                    bytes += piece.length();
                    pieces += piece.split("\n\n", -1).length - 1;
                } else if (line.startsWith("data:") && event.equals("gap")) {
                    throw new IllegalStateException(line);
                }
            }
        }
        return new Told(count, bytes, pieces, System.nanoTime());
    }

    private static long number(String line, String member) {
        int from = line.indexOf(member) + member.length();
        int to = from;
        while (to < line.length() && Character.isDigit(line.charAt(to))) {
            to++;
        }
        return Long.parseLong(line.substring(from, to));
    }

    private static boolean report(String name, List<Told> all, long begun, long expected) {
        boolean good = true;
        for (Told told : all) {
            double seconds = (told.at() - begun) / 1e9;
            System.out.printf("%s reader: %,d pieces in %,d events, %,d bytes, %.2f s, %,.0f pieces/s%n",
                    name, told.pieces(), told.events(), told.bytes(), seconds, told.pieces() / seconds);
            good &= told.pieces() == expected;
        }
        return good;
    }
}
