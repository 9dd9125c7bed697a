package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * That an editor can complete each key and say what it means: the metadata is in the jar, written by the annotation
 * processor while Maven compiles.
 */
class ConfigurationMetadataTest {

    private static final String METADATA = "/META-INF/spring-configuration-metadata.json";
    private static final String SOURCES = "/META-INF/spring/configuration-metadata/";

    /** A key that is read where no configuration class is: in a placeholder, or by a condition. */
    private static final Pattern USE =
            Pattern.compile("(?:\\$\\{|ConditionalOnProperty\\(\\s*(?:name = )?\")(sluice\\.[a-z.-]+)");

    @Test
    void describesEachKey() throws IOException {
        Map<String, String> described = descriptions(METADATA, "");
        described.remove("sluice.routes");
        described.putAll(
                descriptions(SOURCES + ConfigurationKeys.routeType().getName() + ".json", ConfigurationKeys.ROUTE));

        Set<String> keys = new TreeSet<>(ConfigurationKeys.read().keySet());
        assertThat(keys).hasSizeGreaterThan(50);
        keys.remove(ConfigurationKeys.ROUTE + "concurrency"); // a group: a number, or the keys below it
        keys.remove(ConfigurationKeys.ROUTE + "rate"); // likewise
        assertThat(described.keySet()).containsExactlyInAnyOrderElementsOf(keys);
        assertThat(described)
                .allSatisfy((key, description) ->
                        assertThat(description).as(key).matches("[A-Z].*\\.").doesNotContain("{@", "<", "null"));
    }

    @Test
    void leadsFromAnIdToTheKeysOfARoute() throws IOException {
        JsonNode routes = Stream.of(properties(METADATA))
                .flatMap(JsonNode::valueStream)
                .filter(property -> property.get("name").asString().equals("sluice.routes"))
                .findAny()
                .orElseThrow();
        assertThat(routes.get("type").asString())
                .isEqualTo("java.util.Map<java.lang.String,"
                        + ConfigurationKeys.routeType().getName() + ">");
        assertThat(routes.get("description").asString()).isNotBlank();
    }

    @Test
    void knowsTheKeysThatAreReadElsewhere() throws IOException {
        Set<String> used = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main"))) {
            for (Path file : files.filter(name -> name.toString().matches(".*\\.(java|yaml)"))
                    .toList()) {
                Matcher matcher = USE.matcher(Files.readString(file));
                while (matcher.find()) {
                    used.add(matcher.group(1));
                }
            }
        }
        assertThat(used).contains("sluice.ingress.client-header", "sluice.journal.type", "sluice.management.port");
        assertThat(descriptions(METADATA, "").keySet()).containsAll(used);
    }

    private static Map<String, String> descriptions(String resource, String prefix) throws IOException {
        return properties(resource)
                .valueStream()
                .collect(Collectors.toMap(
                        property -> prefix + property.get("name").asString(),
                        property -> property.path("description").asString(""),
                        (one, other) -> one,
                        TreeMap::new));
    }

    private static JsonNode properties(String resource) throws IOException {
        try (InputStream in = SluiceApplication.class.getResourceAsStream(resource)) {
            assertThat(in).as("%s, which Maven's compiler writes", resource).isNotNull();
            return new JsonMapper().readTree(in).get("properties");
        }
    }
}
