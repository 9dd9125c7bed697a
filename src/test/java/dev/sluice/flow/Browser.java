package dev.sluice.flow;

import dev.sluice.Programs;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One page in a real Chromium, told what to do over the DevTools protocol, which needs nothing besides the browser. */
final class Browser implements AutoCloseable {

    /** A request that left the page: the status is 0 until it is answered. */
    record Request(String id, String method, String url, int status) {}

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String LISTENING = "DevTools listening on ";
    private static final JsonMapper JSON = new JsonMapper();

    private final Path profile;
    private final Process process;
    private final WebSocket socket;
    private final String session;
    private final Map<Integer, CompletableFuture<JsonNode>> asked = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<String> errors = new CopyOnWriteArrayList<>();

    private int number;

    Browser() throws IOException {
        profile = Files.createTempDirectory("sluice-browser");
        List<String> command = new ArrayList<>(List.of(
                Programs.find("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
                        .toString(),
                "--headless=new",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "--disable-breakpad",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                "--no-default-browser-check",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "about:blank"));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("HOME", profile.toString());
        process = builder.start();
        try {
            socket = HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .buildAsync(URI.create(address()), new Listener())
                    .orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
                    .join();
            String target = call("Target.createTarget", Map.of("url", "about:blank"), null)
                    .path("targetId")
                    .asString();
            session = call("Target.attachToTarget", Map.of("targetId", target, "flatten", true), null)
                    .path("sessionId")
                    .asString();
            for (String domain : List.of("Page", "Runtime", "Network", "Log")) {
                call(domain + ".enable", Map.of());
            }
        } catch (IOException | RuntimeException | Error e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** Where it listens, from what it prints; the rest of that is read and dropped, so that it never waits for a reader. */
    private String address() throws IOException {
        BufferedReader printed = process.inputReader();
        StringBuilder before = new StringBuilder();
        for (String line = printed.readLine(); line != null; line = printed.readLine()) {
            if (line.startsWith(LISTENING)) {
                Thread drain = new Thread(() -> printed.lines().forEach(ignored -> {}), "chromium-output");
                drain.setDaemon(true);
                drain.start();
                return line.substring(LISTENING.length());
            }
            before.append(line).append('\n');
        }
        throw new IOException("Chromium does not start:\n" + before);
    }

    void open(String url) {
        call("Page.navigate", Map.of("url", url));
    }

    void reload() {
        call("Page.reload", Map.of());
    }

    /** The value of an expression in the page, without waiting for promises. */
    JsonNode value(String expression) {
        JsonNode answer = call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true));
        if (answer.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + answer.path("exceptionDetails"));
        }
        return answer.path("result").path("value");
    }

    /** The texts of all elements that a selector finds. */
    List<String> texts(String selector) {
        List<String> texts = new ArrayList<>();
        value("[...document.querySelectorAll(" + JSON.writeValueAsString(selector) + ")].map(e => e.textContent)")
                .forEach(text -> texts.add(text.asString()));
        return texts;
    }

    /** Clicks what a selector finds. */
    void click(String selector) {
        value("document.querySelector(" + JSON.writeValueAsString(selector) + ").click()");
    }

    void screen(int width, int height, boolean dark) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    void screenshot(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        String data = call("Page.captureScreenshot", Map.of("captureBeyondViewport", true))
                .path("data")
                .asString();
        Files.write(file, Base64.getDecoder().decode(data));
    }

    /** Requests so far whose address contains a text, in order. */
    List<Request> requests(String part) {
        return requests.stream().filter(request -> request.url().contains(part)).toList();
    }

    /** What a console would show in red, so far. */
    List<String> errors() {
        return List.copyOf(errors);
    }

    private JsonNode call(String method, Map<String, ?> parameters) {
        return call(method, parameters, session);
    }

    private JsonNode call(String method, Map<String, ?> parameters, String session) {
        JsonNode got = tell(method, parameters, session)
                .orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join();
        if (got.has("error")) {
            throw new IllegalStateException(method + ": " + got.path("error"));
        }
        return got.path("result");
    }

    /** One message after the other, because a socket takes no second one while it sends. */
    private synchronized CompletableFuture<JsonNode> tell(String method, Map<String, ?> parameters, String session) {
        int id = ++number;
        Map<String, Object> message = new HashMap<>(Map.of("id", id, "method", method, "params", parameters));
        if (session != null) {
            message.put("sessionId", session);
        }
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        asked.put(id, answer);
        socket.sendText(JSON.writeValueAsString(message), true)
                .orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join();
        return answer;
    }

    private void told(String method, JsonNode told) {
        switch (method) {
            case "Network.requestWillBeSent" ->
                requests.add(new Request(
                        told.path("requestId").asString(),
                        told.path("request").path("method").asString(),
                        told.path("request").path("url").asString(),
                        0));
            case "Network.responseReceived" ->
                requests.replaceAll(
                        request -> request.id().equals(told.path("requestId").asString())
                                ? new Request(
                                        request.id(),
                                        request.method(),
                                        request.url(),
                                        told.path("response").path("status").asInt())
                                : request);
            case "Runtime.exceptionThrown" ->
                errors.add(told.path("exceptionDetails").toString());
            case "Runtime.consoleAPICalled" -> {
                if (told.path("type").asString().equals("error")) {
                    errors.add(told.path("args").toString());
                }
            }
            case "Log.entryAdded" -> {
                if (told.path("entry").path("level").asString().equals("error")) {
                    errors.add(told.path("entry").toString());
                }
            }
            default -> {
                // The protocol tells more than is asked for here.
            }
        }
    }

    /** Asks it to end, since a browser that is killed leaves processes behind that still write into its profile. */
    @Override
    public void close() throws Exception {
        List<ProcessHandle> processes = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        tell("Browser.close", Map.of(), null);
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            processes.forEach(ProcessHandle::destroyForcibly);
        }
        for (ProcessHandle ended : processes) {
            ended.onExit().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
        FileSystemUtils.deleteRecursively(profile);
    }

    private final class Listener implements WebSocket.Listener {

        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence piece, boolean last) {
            message.append(piece);
            if (last) {
                JsonNode whole = JSON.readTree(message.toString());
                message.setLength(0);
                if (whole.has("id")) {
                    asked.remove(whole.path("id").asInt()).complete(whole);
                } else {
                    told(whole.path("method").asString(), whole.path("params"));
                }
            }
            socket.request(1);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            asked.values().forEach(answer -> answer.completeExceptionally(error));
        }
    }
}
