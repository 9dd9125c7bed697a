package dev.sluice.flow;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs a CGI program (RFC 3875) for each request, as web servers do; what it writes to its standard error are messages. */
final class CgiServer implements CallbackReceiver {

    static final Pattern TOLD = Pattern.compile("(?:job\\.[a-z]+|group\\.finished) \\S+");

    private static final Pattern STATUS = Pattern.compile("Status: (\\d{3}) .*\r\n\r\n");

    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private final List<String> program;
    private final Map<String, String> variables;
    private final HttpServer server;

    CgiServer(List<String> program, Map<String, String> variables) throws IOException {
        this.program = program;
        this.variables = variables;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    @Override
    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public String next() throws InterruptedException {
        return Objects.requireNonNull(told.poll(60, TimeUnit.SECONDS), "nothing is told");
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        ProcessBuilder builder = new ProcessBuilder(program);
        Map<String, String> environment = builder.environment();
        environment.putAll(variables);
        environment.put("REQUEST_METHOD", exchange.getRequestMethod());
        exchange.getRequestHeaders()
                .forEach((name, values) -> environment.put(
                        "HTTP_" + name.toUpperCase(Locale.ROOT).replace('-', '_'), String.join(", ", values)));
        environment.put("CONTENT_LENGTH", Integer.toString(body.length));
        Process process = builder.start();
        try (OutputStream input = process.getOutputStream()) {
            input.write(body);
        } catch (IOException e) {
            // it answers without reading all
        }
        String head = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String log = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher message = TOLD.matcher(log);
        while (message.find()) {
            told.add(message.group());
        }
        Matcher status = STATUS.matcher(head);
        exchange.sendResponseHeaders(status.matches() ? Integer.parseInt(status.group(1)) : 500, -1);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
