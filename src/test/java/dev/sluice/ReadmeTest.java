package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** That the READMEs say what the code says: their tables, the keys and meters they name, their commands and their links. */
class ReadmeTest {

    private static final Path README = Path.of("README.md");
    private static final Path REFERENCE = Path.of("config", "README.md");
    private static final List<Path> READMES = List.of(
            README, REFERENCE, Path.of("loadtest", "README.md"), Path.of("src", "test", "clients", "README.md"));

    /** Where a meter is built, or where the constant is that names it. */
    private static final Pattern METER =
            Pattern.compile("(?:builder\\(|static final String [A-Z_]+ =)\\s*\"(sluice\\.[a-z.]+)\"");

    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]*)(?:#([^)]*))?\\)");
    private static final Pattern SHELL = Pattern.compile("(?ms)^```sh\n(.*?)^```$");

    @Test
    void everyProblemIsInTheTableWithItsStatus() throws IOException {
        Map<String, String> expected = new TreeMap<>();
        for (Problem problem : Problem.values()) {
            expected.put(problem.text(), problem.status() + (problem.retryable() ? " yes" : " no"));
        }
        Map<String, String> listed = new TreeMap<>();
        for (List<String> row : rows(README, "problems")) {
            // What stands in parentheses is no name: `backend-status` (if in `retry-on`).
            for (String name : code(row.get(1).replaceAll("\\([^)]*\\)", ""))) {
                assertThat(listed.put(name, row.get(0) + " " + row.get(2)))
                        .as(name)
                        .isNull();
            }
        }
        assertThat(listed).isEqualTo(expected);
    }

    @Test
    void everyMeterIsInTheTable() throws IOException {
        Set<String> described = new TreeSet<>();
        rows(REFERENCE, "meters").forEach(row -> described.addAll(code(row.get(0))));
        assertThat(described).isNotEmpty().isEqualTo(meters());
    }

    @Test
    void everyKeyIsInATableWithItsDefault() throws IOException {
        Map<String, String> listed = new TreeMap<>();
        rows(REFERENCE, "keys of a route")
                .forEach(row ->
                        listed.put(ConfigurationKeys.ROUTE + code(row.get(0)).get(0), row.get(1)));
        rows(REFERENCE, "other keys").forEach(row -> listed.put(code(row.get(0)).get(0), row.get(1)));

        Map<String, List<String>> taken = ConfigurationKeys.read();
        assertThat(listed.keySet()).containsExactlyInAnyOrderElementsOf(taken.keySet());
        taken.forEach((key, defaults) -> {
            if (!defaults.isEmpty()) {
                assertThat(listed.get(key)).as(key).isEqualTo("`" + String.join(", ", defaults) + "`");
            }
        });
    }

    @Test
    void theKeysOfSpringBootAreOnes() throws IOException {
        Map<String, String> known = springBootKeys();
        for (List<String> row : rows(REFERENCE, "keys of Spring Boot")) {
            String key = code(row.get(0)).get(0);
            assertThat(known.keySet())
                    .as(key)
                    .anyMatch(name -> name.equals(key)
                            || key.startsWith(name + ".") && known.get(name).startsWith("java.util.Map"));
        }
    }

    /** No text names a key or a meter that is not there any more. */
    @Test
    void everyKeyAndMeterThatIsNamedExists() throws IOException {
        Set<String> keys = ConfigurationKeys.read().keySet();
        Set<String> names = meters();
        names.addAll(keys);
        Set<String> rooms = keys.stream().map(key -> key.split("\\.")[1]).collect(Collectors.toSet());
        Pattern name = Pattern.compile("(?<![\\w.])sluice\\.(?:" + String.join("|", rooms) + ")(?:\\.[a-z-]+)+");
        List<Path> texts = new ArrayList<>(READMES);
        try (Stream<Path> samples = Files.walk(Path.of("config"))) {
            samples.filter(file -> file.toString().matches(".*\\.(yaml|conf)")).forEach(texts::add);
        }
        for (Path text : texts) {
            assertThat(name.matcher(Files.readString(text)).results().map(found -> found.group()))
                    .as(text.toString())
                    .allMatch(found -> names.stream().anyMatch(known -> (known + ".").startsWith(found + ".")));
        }
    }

    @Test
    void everyCommandCanBeReadByAShellAndNamesWhatIsThere() throws Exception {
        Set<String> keys = new HashSet<>(ConfigurationKeys.read().keySet());
        keys.addAll(springBootKeys().keySet());
        Set<String> variables = keys.stream()
                .map(key -> key.toUpperCase(Locale.ROOT).replace("-", "").replace('.', '_'))
                .collect(Collectors.toSet());
        StringBuilder script = new StringBuilder();
        for (Path readme : READMES) {
            for (String commands : blocks(readme)) {
                script.append(commands);
                assertThat(matches("(?<![\\w/.-])((?:loadtest|config)/[\\w/.-]+|\\.ci/run)", commands))
                        .allSatisfy(file -> assertThat(Path.of(file)).exists());
                assertThat(matches("--((?:sluice|server|spring)\\.[\\w.-]+)=", commands))
                        .allMatch(keys::contains);
                assertThat(matches("\\b(SLUICE_(?!PROGRESS)[A-Z_]+)=", commands))
                        .allMatch(variables::contains);
            }
        }
        assertThat(script).contains("loadtest/run accept", "config/nginx", "--sluice.management.port", "curl");
        Process shell =
                new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
        try (var in = shell.getOutputStream()) {
            in.write(script.toString().getBytes(StandardCharsets.UTF_8));
        }
        assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEmpty();
        assertThat(shell.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(shell.exitValue()).isZero();
    }

    @Test
    void everyPackageIsNamedAndNoneThatIsGone() throws IOException {
        String readme = Files.readString(README);
        String built = readme.substring(readme.indexOf("## How it is built"));
        try (Stream<Path> packages = Files.list(Path.of("src/main/java/dev/sluice"))) {
            assertThat(packages.filter(Files::isDirectory).map(Path::getFileName))
                    .allMatch(name -> built.contains("`" + name + "`"));
        }
        for (Path file : READMES) {
            assertThat(matches("\\b(dev\\.sluice(?:\\.[a-z]+)*)\\b", Files.readString(file)))
                    .as(file.toString())
                    .allSatisfy(name -> assertThat(Path.of("src/main/java", name.split("\\.")))
                            .isDirectory());
        }
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        for (Path readme : READMES) {
            Matcher links = LINK.matcher(Files.readString(readme));
            while (links.find()) {
                String file = links.group(1);
                if (file.startsWith("http")) {
                    continue;
                }
                Path target =
                        file.isEmpty() ? readme : readme.resolveSibling(file).normalize();
                assertThat(target).as("%s of %s", links.group(), readme).exists();
                if (links.group(2) != null) {
                    assertThat(anchors(target)).as(readme.toString()).contains(links.group(2));
                }
            }
        }
    }

    /** The anchors of the headings, as GitHub makes them. */
    private static Set<String> anchors(Path readme) throws IOException {
        return Files.readString(readme)
                .lines()
                .filter(line -> line.matches("#+ .*"))
                .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
                .map(line -> line.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    private static List<String> blocks(Path readme) throws IOException {
        return SHELL.matcher(Files.readString(readme))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static List<String> matches(String expression, String text) {
        return Pattern.compile(expression)
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static Set<String> meters() throws IOException {
        Set<String> declared = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file :
                    files.filter(name -> name.toString().endsWith(".java")).toList()) {
                String source = Files.readString(file);
                Matcher matcher = METER.matcher(source.contains("io.micrometer.core.instrument") ? source : "");
                while (matcher.find()) {
                    declared.add(matcher.group(1));
                }
            }
        }
        return declared;
    }

    /** The keys of Spring Boot with their types, from the metadata in its jars. */
    private static Map<String, String> springBootKeys() throws IOException {
        Map<String, String> keys = new TreeMap<>();
        for (var resource : new PathMatchingResourcePatternResolver()
                .getResources("classpath*:META-INF/spring-configuration-metadata.json")) {
            for (JsonNode property :
                    new JsonMapper().readTree(resource.getContentAsByteArray()).get("properties")) {
                keys.put(property.get("name").asString(), property.path("type").asString(""));
            }
        }
        return keys;
    }

    private static List<String> code(String cell) {
        return CODE.matcher(cell).results().map(found -> found.group(1)).toList();
    }

    /** The cells of the rows of the table behind this mark, without its head. */
    private static List<List<String>> rows(Path readme, String mark) throws IOException {
        List<String> lines = Files.readAllLines(readme);
        int begin = lines.indexOf("<!-- " + mark + " -->");
        assertThat(begin).as("the mark of the table " + mark).isNotNegative();
        return lines.stream()
                .skip(begin + 3L)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> Arrays.stream(line.substring(1).split("\\|"))
                        .map(String::strip)
                        .toList())
                .toList();
    }
}
