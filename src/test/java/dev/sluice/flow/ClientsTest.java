package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Programs;
import dev.sluice.backend.ScriptedServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The clients of src/test/clients, each run as a user would run it, against the gateway and through the proxies. */
@Timeout(180)
class ClientsTest {

    private static final Path SCRIPTS = Path.of("src", "test", "clients").toAbsolutePath();

    private static final String RESULT = "\\{\"report\": ?\"q3\"}";

    private static final String SECRET = "whsec_" + Base64.getEncoder().encodeToString(new byte[32]);

    /** Those that can also send a batch and receive callbacks. */
    private static final List<Language> BATCHES = List.of(Language.PYTHON, Language.JAVA);

    @TempDir
    static Path directory;

    private static RecordingBackend backend;
    private static ScriptedServer silent;
    private static GatewayProcess gateway;

    private final List<Run> runs = new ArrayList<>();

    private enum Language {
        CURL,
        PYTHON,
        PHP,
        JAVA;

        /** The command, or a reason not to run here. */
        List<String> command() {
            return switch (this) {
                case CURL -> {
                    Programs.find("curl");
                    yield List.of(Programs.find("bash").toString(), script("client.sh"));
                }
                case PYTHON -> List.of(Programs.find("python3").toString(), script("client.py"));
                case PHP -> {
                    String php = Programs.find("php").toString();
                    if (!output(php, "-m").lines().toList().contains("curl")) {
                        Programs.missing("PHP has no curl extension");
                    }
                    yield List.of(php, script("client.php"));
                }
                case JAVA ->
                    List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            script("Client.java"));
            };
        }

        List<String> receiver(String secret) {
            List<String> client = command();
            String script = this == JAVA ? "Receiver.java" : "receiver.py";
            return Stream.concat(client.subList(0, client.size() - 1).stream(), Stream.of(script(script), secret, "0"))
                    .toList();
        }

        private static String script(String name) {
            return SCRIPTS.resolve(name).toString();
        }
    }

    @BeforeAll
    static void start() throws IOException {
        backend = new RecordingBackend();
        silent = new ScriptedServer(ScriptedServer.Conversation::request); // takes a request and closes the connection
        gateway = GatewayProcess.start(
                directory,
                List.of(
                        "--sluice.callbacks.allowed-hosts=127.0.0.1:*",
                        "--sluice.callbacks.allow-private-addresses=true",
                        "--sluice.callbacks.secrets=" + SECRET,
                        "--sluice.routes.held.path=/async-operation/**",
                        "--sluice.routes.held.backend=" + backend.url() + "/held",
                        "--sluice.routes.held.backoff=10ms",
                        "--sluice.routes.gone.path=/async-operation/gone",
                        "--sluice.routes.gone.backend=" + silent.uri(),
                        "--sluice.routes.gone.attempts=1"));
    }

    @AfterEach
    void endWhatStillRuns() {
        runs.forEach(run -> run.process.destroyForcibly());
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        backend.close();
        silent.close();
    }

    /** The backend answers only when the client has told of the start: an event that was held back would never come. */
    @ParameterizedTest
    @EnumSource
    void everyClientSeesEventsAsTheyHappenAndTheResult(Language language) throws Exception {
        succeeds(language, gateway.url());
    }

    @ParameterizedTest
    @EnumSource
    void everyClientTellsWhyAJobFailed(Language language) throws Exception {
        Run run = run(language, gateway.url(), "/async-operation/gone");
        run.expect("accepted as .*", "1 accepted", "2 started", "3 failed", ".*backend-unreachable.*");
        assertThat(run.exit()).isNotZero();
    }

    @ParameterizedTest
    @EnumSource
    void everyClientStopsAtARefusal(Language language) throws Exception {
        Run run = run(language, gateway.url(), "/nothing");
        assertThat(run.exit()).isNotZero();
        assertThat(run.told).noneMatch(line -> line.startsWith("accepted"));
    }

    @Test
    void alsoThroughNginx() throws Exception {
        try (ReverseProxy nginx = ReverseProxy.nginx(directory.resolve("nginx"), gateway.url())) {
            for (Language language : Language.values()) {
                succeeds(language, nginx.url());
            }
        }
    }

    @Test
    void alsoThroughApache() throws Exception {
        try (ReverseProxy apache = ReverseProxy.apache(directory.resolve("apache"), gateway.url())) {
            for (Language language : Language.values()) {
                succeeds(language, apache.url());
            }
        }
    }

    /** Killed in the middle; each job is told of once, and the receiver of the end of all. */
    @Test
    void batchesAreFollowedOnOneStreamAndCalledBackAcrossAKill() throws Exception {
        String path = "/async-operation/batch";
        List<Run> receivers = new ArrayList<>();
        List<Run> batches = new ArrayList<>();
        List<String> groups = new ArrayList<>();
        for (Language language : BATCHES) {
            Run receiver = start(language.receiver(SECRET));
            receivers.add(receiver);
            String hook = listening(receiver) + "/hook";
            List<String> arguments = List.of(gateway.url(), path, "3", hook);
            Run batch = start(Stream.concat(language.command().stream(), arguments.stream())
                    .toList());
            batches.add(batch);
            String created = batch.output.readLine();
            assertThat(created).startsWith("created ");
            groups.add(created.substring(created.lastIndexOf('/') + 1));
        }
        int calls = 3 * BATCHES.size();
        backend.awaitCalls("/held" + path, calls);
        gateway.kill();
        gateway = gateway.again();
        backend.awaitCalls("/held" + path, calls);
        backend.release("/held" + path);
        for (int i = 0; i < batches.size(); i++) {
            batches.get(i).expect("1 succeeded", "2 succeeded", "3 succeeded", "finished .*\"total\": ?3.*");
            batches.get(i).ends();
            receivers.get(i).expect("group.finished " + groups.get(i));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PYTHON", "JAVA"})
    void everyReceiverRefusesWhatIsForgedOrOld(Language language) throws Exception {
        URI hook = URI.create(listening(start(language.receiver(SECRET))));
        long now = Instant.now().getEpochSecond();
        String genuine = signature("m1." + now + ".{}");
        assertThat(deliver(hook, now, genuine, "{ }")).isEqualTo(401);
        assertThat(deliver(hook, now - 1, genuine, "{}")).isEqualTo(401);
        assertThat(deliver(hook, now - 400, signature("m1." + (now - 400) + ".{}"), "{}"))
                .isEqualTo(401);
        String told = "{\"type\":\"job.succeeded\",\"data\":{\"id\":\"4711\"}}";
        assertThat(deliver(hook, now, "v1,AAAA " + signature("m1." + now + "." + told), told))
                .isEqualTo(204);
    }

    private static int deliver(URI hook, long timestamp, String signature, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(hook)
                .header("webhook-id", "m1")
                .header("webhook-timestamp", Long.toString(timestamp))
                .header("webhook-signature", signature)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private static String signature(String signed) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(new byte[32], "HmacSHA256"));
        return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
    }

    private static String listening(Run receiver) throws IOException {
        String line = receiver.output.readLine();
        assertThat(line).startsWith("listening on ");
        return "http://127.0.0.1:" + line.substring("listening on ".length());
    }

    private Run start(List<String> command) throws IOException {
        Run run = new Run(command);
        runs.add(run);
        return run;
    }

    @Test
    void everyClientGoesOnWhereItWasAfterAKill() throws Exception {
        String path = "/async-operation/killed";
        for (Language language : Language.values()) {
            run(language, gateway.url(), path);
        }
        for (Run run : runs) {
            run.expect("accepted as .*", "1 accepted", "2 started");
        }
        backend.awaitCalls("/held" + path, runs.size());
        gateway.kill();
        gateway = gateway.again();
        backend.awaitCalls("/held" + path, runs.size());
        backend.release("/held" + path);
        for (Run run : runs) {
            run.expect("3 requeued", "4 started", "5 succeeded", RESULT);
            run.ends();
        }
    }

    private void succeeds(Language language, String url) throws Exception {
        String path = "/async-operation/" + language + url.hashCode();
        Run run = run(language, url, path);
        run.expect("accepted as .*", "1 accepted", "2 started");
        backend.release("/held" + path);
        run.expect("3 succeeded", RESULT);
        run.ends();
    }

    private Run run(Language language, String url, String path) throws IOException {
        Run run = new Run(language, url, path);
        runs.add(run);
        return run;
    }

    /** One run of a client. */
    private static final class Run {

        private final Process process;
        private final BufferedReader output;
        private final List<String> told = new ArrayList<>();

        Run(Language language, String url, String path) throws IOException {
            this(Stream.concat(language.command().stream(), Stream.of(url, path))
                    .toList());
        }

        Run(List<String> command) throws IOException {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            output = process.inputReader();
            // A client that hangs is ended, which ends the reading of what it says.
            process.onExit().orTimeout(120, TimeUnit.SECONDS).exceptionally(late -> process.destroyForcibly());
        }

        void expect(String... patterns) throws IOException {
            for (String pattern : patterns) {
                String line = output.readLine();
                told.add(line);
                assertThat(line).as(() -> "next of " + told).isNotNull().matches(pattern);
            }
        }

        /** Reads the rest, and says how it ended. */
        int exit() throws Exception {
            output.lines().filter(line -> !line.isEmpty()).forEach(told::add);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        }

        /** It says nothing more and has succeeded. */
        void ends() throws Exception {
            int before = told.size();
            assertThat(exit()).as(() -> "exit after " + told).isZero();
            assertThat(told).hasSize(before);
        }
    }

    private static String output(String... command) {
        try {
            Process process = new ProcessBuilder(command).start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
