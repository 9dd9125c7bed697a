package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.Programs;
import dev.sluice.ingress.Listeners;
import dev.sluice.ingress.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** That the dashboard, the alerts and the scaling samples in {@code config/} name only what a gateway exports. */
@Timeout(60)
class MonitoringSamplesTest {

    private static final Path DASHBOARD = Path.of("config/grafana/sluice.json");
    private static final Path RULES = Path.of("config/prometheus/rules.yaml");
    private static final Path KEDA = Path.of("config/kubernetes/keda.yaml");
    private static final Path HPA = Path.of("config/kubernetes/hpa.yaml");

    /** A metric and, if it has some, the conditions on its labels. */
    private static final Pattern METRIC = Pattern.compile("\\b((?:sluice|jvm|process)_[a-z_]+)(?:\\{([^}]*)})?");

    private static final Pattern CONDITION = Pattern.compile("([a-z_]+)\\s*=~?\"([^\"]*)\"");
    private static final Pattern BY = Pattern.compile("by \\(([a-z_, ]+)\\)");
    private static final Pattern SAMPLE = Pattern.compile("^([a-z_]+)(?:\\{([^}]*)})? ");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");

    /** Labels that Prometheus itself adds. */
    private static final Set<String> ADDED = Set.of("instance", "job");

    /** Labels and their values by metric, as a gateway exports them that has done some work. */
    private static final Map<String, Map<String, Set<String>>> EXPORTED = new HashMap<>();

    /** Meters that appear only with PostgreSQL, or when something happens that did not happen here. */
    private static final Set<String> DOCUMENTED = new TreeSet<>();

    @BeforeAll
    static void scrape() throws IOException {
        try (RecordingBackend backend = new RecordingBackend();
                Listeners gateway = Listeners.dispatching(
                        "sluice.routes.steady.path=/steady", "sluice.routes.steady.backend=" + backend.url())) {
            Wire.call(gateway.port(), "POST /steady HTTP/1.1\nHost: localhost\nPrefer: wait=10\nContent-Length: 0");
            Wire.call(gateway.port(), "GET /nowhere HTTP/1.1\nHost: localhost");
            System.gc(); // and of its pause the meters are told by a thread of the collector's
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> metrics(gateway), metrics -> metrics.contains("jvm_gc_pause_seconds_sum"))
                    .lines()
                    .forEach(MonitoringSamplesTest::exported);
        }
        Pattern row = Pattern.compile("^\\| `(sluice\\.[a-z.]+)` \\|");
        Files.readString(Path.of("config/README.md")).lines().forEach(line -> {
            Matcher meter = row.matcher(line);
            if (meter.find()) {
                DOCUMENTED.add(meter.group(1).replace('.', '_'));
            }
        });
        assertThat(EXPORTED).hasSizeGreaterThan(50);
        assertThat(DOCUMENTED).hasSizeGreaterThan(30);
    }

    private static String metrics(Listeners gateway) throws IOException {
        return Wire.call(gateway.managementPort(), "GET /actuator/prometheus HTTP/1.1\nHost: localhost")
                .text();
    }

    private static void exported(String line) {
        Matcher sample = SAMPLE.matcher(line);
        if (sample.find()) {
            Map<String, Set<String>> labels = EXPORTED.computeIfAbsent(sample.group(1), name -> new HashMap<>());
            LABEL.matcher(sample.group(2) == null ? "" : sample.group(2))
                    .results()
                    .forEach(label -> labels.computeIfAbsent(label.group(1), name -> new HashSet<>())
                            .add(label.group(2)));
        }
    }

    @Test
    void theDashboardShowsWhatThereIs() throws IOException {
        JsonNode dashboard = new JsonMapper().readTree(Files.readString(DASHBOARD));
        List<String> queries = new ArrayList<>();
        dashboard
                .get("panels")
                .forEach(panel -> panel.path("targets")
                        .forEach(target -> queries.add(target.get("expr").asString())));
        dashboard.at("/templating/list").forEach(variable -> {
            if (variable.get("type").asString().equals("query")) {
                queries.add(variable.at("/query/query").asString());
            }
        });
        assertThat(queries).hasSizeGreaterThan(30).allSatisfy(MonitoringSamplesTest::isOfWhatThereIs);
    }

    @Test
    void theAlertsAskForWhatThereIs() throws IOException {
        List<String> queries = new ArrayList<>();
        Set<String> names = new TreeSet<>();
        for (Map<?, ?> group : list(yaml(RULES).get(0).get("groups"))) {
            for (Map<?, ?> rule : list(group.get("rules"))) {
                names.add((String) rule.get("alert"));
                queries.add((String) rule.get("expr"));
            }
        }
        assertThat(queries).hasSizeGreaterThan(8).allSatisfy(MonitoringSamplesTest::isOfWhatThereIs);
        assertThat(Files.readString(Path.of("config/prometheus/rules-test.yaml")))
                .as("each alert has a test")
                .contains(names.stream().map(name -> "alertname: " + name).toList());
    }

    @Test
    void theScalersAskForWhatThereIs() throws IOException {
        List<Map<String, Object>> hpa = yaml(HPA);
        assertThat(hpa).hasSize(2);
        assertThat(hpa.get(0)).containsEntry("kind", "HorizontalPodAutoscaler");
        Map<?, ?> rules = (Map<?, ?>) hpa.get(1).get("rules");
        for (Map<?, ?> rule : list(rules.get("external"))) {
            isOfWhatThereIs((String) rule.get("seriesQuery"));
            isOfWhatThereIs(((String) rule.get("metricsQuery")).replace("<<.LabelMatchers>>", "route=\"steady\""));
        }
        isOfWhatThereIs(scalersQuery());
    }

    /** The query of the KEDA sample. */
    static String scalersQuery() throws IOException {
        Map<String, Object> keda = yaml(KEDA).get(0);
        assertThat(keda).containsEntry("kind", "ScaledObject");
        Map<?, ?> trigger = list(((Map<?, ?>) keda.get("spec")).get("triggers")).get(0);
        return (String) ((Map<?, ?>) trigger.get("metadata")).get("query");
    }

    @ParameterizedTest
    @ValueSource(strings = {"check rules rules.yaml", "test rules rules-test.yaml", "check config prometheus.yaml"})
    void promtoolFindsNothingWrong(String command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(Programs.find("promtool").toString()));
        line.addAll(List.of(command.split(" ")));
        Process promtool = new ProcessBuilder(line)
                .directory(RULES.getParent().toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(promtool.exitValue()).as(said).isZero();
    }

    private static void isOfWhatThereIs(String query) {
        List<MatchResult> metrics = METRIC.matcher(query).results().toList();
        if (metrics.isEmpty()) {
            assertThat(query).isEqualTo("up{job=\"sluice\"} == 0");
        }
        Set<String> labels = new HashSet<>(ADDED);
        for (MatchResult metric : metrics) {
            Map<String, Set<String>> exported = EXPORTED.get(metric.group(1));
            if (exported == null) {
                assertThat(DOCUMENTED).as(query).anyMatch(metric.group(1)::startsWith);
                return;
            }
            labels.addAll(exported.keySet());
            conditions(metric.group(2)).forEach((label, value) -> {
                if (!ADDED.contains(label)) {
                    assertThat(exported).as(query).containsKey(label);
                    isAValue(query, value, exported.get(label));
                }
            });
        }
        BY.matcher(query)
                .results()
                .forEach(by -> assertThat(labels).as(query).contains(by.group(1).split(", *")));
    }

    /** Values that a query names must exist; those of routes are up to whoever edits the sample. */
    private static void isAValue(String query, String value, Set<String> exported) {
        if (!value.startsWith("$") && !value.equals("reports") && !exported.contains("steady")) {
            assertThat(exported).as(query).contains(value.split("\\|"));
        }
    }

    private static Map<String, String> conditions(String text) {
        Map<String, String> conditions = new HashMap<>();
        CONDITION
                .matcher(text == null ? "" : text)
                .results()
                .forEach(condition -> conditions.put(condition.group(1), condition.group(2)));
        return conditions;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> yaml(Path file) throws IOException {
        Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
        List<Map<String, Object>> documents = new ArrayList<>();
        for (Object document : yaml.loadAll(Files.readString(file))) {
            documents.add((Map<String, Object>) document);
        }
        return documents;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<?, ?>> list(Object value) {
        return (List<Map<?, ?>>) value;
    }
}
