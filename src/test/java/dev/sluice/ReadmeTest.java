package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** That the README's tables say what the code says. */
class ReadmeTest {

    /** Where a meter is built, or where the constant is that names it. */
    private static final Pattern METER =
            Pattern.compile("(?:builder\\(|static final String [A-Z_]+ =)\\s*\"(sluice\\.[a-z.]+)\"");

    private final List<String> readme = read(Path.of("README.md")).lines().toList();

    @Test
    void namesEveryProblemWithItsStatus() {
        List<String> expected = Arrays.stream(Problem.values())
                .map(problem -> "| `" + problem.text() + "` | " + problem.status() + " | "
                        + (problem.retryable() ? "yes" : "no") + " |")
                .toList();
        assertThat(rows("problems")).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void namesEveryMeter() throws IOException {
        Set<String> declared = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            sources.filter(file -> file.toString().endsWith(".java")).forEach(file -> {
                String source = read(file);
                Matcher matcher = METER.matcher(source.contains("io.micrometer.core.instrument") ? source : "");
                while (matcher.find()) {
                    declared.add(matcher.group(1));
                }
            });
        }
        Set<String> described = rows("meters").stream()
                .map(row -> row.substring(row.indexOf('`') + 1, row.indexOf('`', row.indexOf('`') + 1)))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(declared).isNotEmpty();
        assertThat(described).isEqualTo(declared);
    }

    /** The rows of the table behind this mark, without its head. */
    private List<String> rows(String mark) {
        int begin = readme.indexOf("<!-- " + mark + " -->");
        assertThat(begin).as("the mark of the table " + mark).isNotNegative();
        return readme.stream()
                .skip(begin + 3L)
                .takeWhile(line -> line.startsWith("|"))
                .toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
