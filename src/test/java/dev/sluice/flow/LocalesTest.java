package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.Abroad;
import dev.sluice.ingress.Listeners;
import dev.sluice.journal.postgres.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Promise 9a: what machines read is the same whatever the locale, the time zone and the charset of the JVM, and whatever a
 * platform sets in the environment.
 */
class LocalesTest {

    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);
    private static final String INSTANT = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";

    @TempDir
    Path directory;

    private static PostgresServer.Database shared;

    private final Abroad abroad = new Abroad();

    @BeforeAll
    static void makeDatabase() throws Exception {
        shared = PostgresServer.shared().newDatabase();
    }

    @AfterAll
    static void dropDatabase() throws Exception {
        PostgresServer.shared().drop(shared);
    }

    @AfterEach
    void leave() {
        abroad.leave();
    }

    /** Those that are not begun as processes of their own. */
    static Stream<Arguments> journals() {
        return Abroad.LOCALES.stream()
                .flatMap(locale -> Stream.of("memory", locale.startsWith("tr") ? "postgres" : "rocksdb")
                        .map(journal -> Arguments.of(locale, journal)));
    }

    /** Within this process. */
    @ParameterizedTest
    @MethodSource("journals")
    @Timeout(60)
    void machinesReadTheSameWhateverTheJournal(String locale, String journal) {
        abroad.enter(locale);
        List<String> settings = new ArrayList<>(List.of(
                "sluice.journal.type=" + journal,
                "sluice.journal.path=" + directory.resolve("data"),
                "sluice.dispatch.shutdown-grace=0s"));
        if (journal.equals("postgres")) {
            settings.addAll(of(shared));
        }
        try (RecordingBackend backend = new RecordingBackend()) {
            settings.add("sluice.routes.steady.path=/steady");
            settings.add("sluice.routes.steady.backend=" + backend.url());
            try (Listeners gateway = Listeners.dispatching(settings.toArray(String[]::new))) {
                tour(
                        new Client("http://127.0.0.1:" + gateway.port()),
                        new Client("http://127.0.0.1:" + gateway.managementPort()));
            }
        }
    }

    /** From the start of the process on. */
    @ParameterizedTest
    @CsvSource({"tr, TR, '', rocksdb", "ar, EG, '', postgres", "th, TH, TH, postgres"})
    @Timeout(120)
    void machinesReadTheSame(String language, String country, String variant, String journal) throws Exception {
        PostgresServer.Database database =
                journal.equals("postgres") ? PostgresServer.shared().newDatabase() : null;
        List<String> options = List.of(
                "-Xmx256m",
                "-Duser.language=" + language,
                "-Duser.country=" + country,
                "-Duser.variant=" + variant,
                "-Duser.timezone=Asia/Kathmandu");
        try (RecordingBackend backend = new RecordingBackend();
                GatewayProcess gateway = GatewayProcess.ready(
                        GatewayProcess.launch(directory, settings(backend.url(), database), options, kubernetes()))) {
            tour(new Client(gateway.url()), new Client(gateway.managementUrl()));
        } finally {
            if (database != null) {
                PostgresServer.shared().drop(database);
            }
        }
    }

    private static void tour(Client client, Client operator) {
        Client.Answer accepted = plain(client.call(
                        "POST",
                        "/steady?TITLE=i",
                        "{\"i\":1}",
                        "Idempotency-Key",
                        "TITLE",
                        "Content-Type",
                        "APPLICATION/JSON",
                        "Sluice-Not-Before",
                        HTTP_DATE.format(Instant.now()))
                .block(Client.LIMIT));
        assertThat(accepted.status()).isEqualTo(202);
        assertThat(accepted.headers().get("Retry-After")).matches("[0-9]+");
        assertThat(HTTP_DATE.parse(accepted.headers().get("Date"), Instant::from))
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(5));
        assertThat(accepted.json().path("acceptedAt").asString()).matches(INSTANT);
        String job = "/jobs/" + accepted.json().path("id").asString();

        Client.Answer result =
                plain(client.get(job + "/result", "Prefer", "WAIT=20").block(Client.LIMIT));
        assertThat(result.status()).isEqualTo(200);
        assertThat(result.body()).isEqualTo("{\"i\":1}");
        Client.Answer ended = plain(client.get(job).block(Client.LIMIT));
        assertThat(ended.json().path("finishedAt").asString()).matches(INSTANT);
        assertThat(client.get(job, "IF-NONE-MATCH", ended.headers().get("ETag"))
                        .block(Client.LIMIT)
                        .status())
                .isEqualTo(304);
        assertThat(client.events(job.substring("/jobs/".length())).block(Client.LIMIT))
                .extracting(Client.Event::id)
                .containsExactly("1", "2", "3");
        assertThat(plain(client.call("POST", "/steady", "{\"i\":1}", "Sluice-Delay", "1x")
                                .block(Client.LIMIT))
                        .json()
                        .path("type")
                        .asString())
                .isEqualTo("urn:sluice:problem:bad-header");
        assertThat(plain(client.call("DELETE", job + "?erase=true", "").block(Client.LIMIT))
                        .status())
                .isEqualTo(204);

        for (String path : List.of("/jobs?limit=10", "/routes", "/actuator/health", "/actuator/prometheus")) {
            assertThat(plain(operator.get(path).block(Client.LIMIT)).status())
                    .as(path)
                    .isEqualTo(200);
        }
        assertThat(operator.get("/jobs?from=" + Instant.now().minus(Duration.ofHours(1)))
                        .block(Client.LIMIT)
                        .status())
                .isEqualTo(200);
    }

    /** Nothing here was sent in other letters or digits. */
    private static Client.Answer plain(Client.Answer answer) {
        assertThat(answer.body() + answer.headers()).matches("\\p{ASCII}*");
        return answer;
    }

    /** A pod beside services of unlucky names. */
    private static Map<String, String> kubernetes() {
        Map<String, String> variables = new HashMap<>(Map.of("LC_ALL", "C"));
        variables.put("KUBERNETES_SERVICE_HOST", "10.0.0.1");
        variables.put("KUBERNETES_SERVICE_PORT", "443");
        for (String service : List.of(
                "SERVER", "MANAGEMENT_SERVER", "SLUICE_MANAGEMENT", "SLUICE_ROUTES", "SLUICE_JOURNAL_POSTGRES")) {
            variables.put(service + "_SERVICE_HOST", "10.0.0.11");
            variables.put(service + "_SERVICE_PORT", "80");
            variables.put(service + "_PORT", "tcp://10.0.0.11:80");
            variables.put(service + "_PORT_80_TCP", "tcp://10.0.0.11:80");
            variables.put(service + "_PORT_80_TCP_PROTO", "tcp");
            variables.put(service + "_PORT_80_TCP_PORT", "80");
            variables.put(service + "_PORT_80_TCP_ADDR", "10.0.0.11");
        }
        return variables;
    }

    private static List<String> settings(String backend, PostgresServer.Database database) {
        List<String> settings = new ArrayList<>(
                List.of("--sluice.routes.steady.path=/steady", "--sluice.routes.steady.backend=" + backend));
        if (database != null) {
            settings.add("--sluice.journal.type=postgres");
            of(database).forEach(setting -> settings.add("--" + setting));
        }
        return settings;
    }

    private static List<String> of(PostgresServer.Database database) {
        return List.of(
                "sluice.journal.postgres.url=" + database.url(),
                "sluice.journal.postgres.username=" + database.username(),
                "sluice.journal.postgres.password=" + database.password());
    }
}
