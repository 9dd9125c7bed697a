package dev.sluice.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ReportTest {

    @TempDir
    private Path directory;

    private static Run run(long lost) {
        List<double[]> points = IntStream.range(0, 2_000)
                .mapToObj(i -> new double[] {i, i % 100})
                .toList();
        return new Run(
                Run.FORMAT,
                "accept",
                "How many <a & b> \"quoted\"?",
                "2026-11-29T00:00:00Z",
                2_000,
                "loadtest/run accept </script>",
                Map.of("cores", "2"),
                List.of(Figure.higher("accepted", "1/s", 1234).slices(List.of(1200.0, 1300.0))),
                List.of(
                        new Account("accepted", 5, Account.Promise.NONE),
                        new Account("lost", lost, Account.Promise.ZERO)),
                List.of(new Stretch("warm-up", 0, 1_000), new Stretch("round 1", 1_000, 2_000)),
                List.of(new Distribution("202", 10_000, List.of(new double[] {0, 0.5}, new double[] {99.9, 80}))),
                List.of(
                        new Series("Throughput", "1/s", "accepted</script>", points),
                        new Series("Latency", "ms", "p99", List.of(new double[] {1, 0.2}, new double[] {2, 300})),
                        new Series("Retries", "1/s", "retried", List.of(new double[] {1, 0}))),
                List.of("a note"));
    }

    @Test
    void isReadAgainAsItWasWritten() throws Exception {
        Path file = directory.resolve("run.json");
        JsonFiles.write(run(0), file);

        Run read = JsonFiles.read(file);
        assertThat(read).usingRecursiveComparison().isEqualTo(run(0));
        assertThat(read.good()).isTrue();
        assertThat(run(1).good()).isFalse();
    }

    @Test
    void refusesWhatIsNoReport() throws Exception {
        Path file = directory.resolve("other.json");
        Files.writeString(file, "{\"format\":");
        assertThatThrownBy(() -> JsonFiles.read(file)).hasMessageContaining("no report of this kit");
        JsonFiles.write(run(0), file);
        Files.writeString(file, Files.readString(file).replace("\"format\":1", "\"format\":99"));
        assertThatThrownBy(() -> JsonFiles.read(file)).hasMessageContaining("format 99");
        assertThatThrownBy(() -> JsonFiles.read(directory.resolve("none"))).hasMessageContaining("no file");
    }

    @Test
    void thePageNeedsNothingElseAndEscapesWhatItShows() throws Exception {
        Path file = directory.resolve("run.html");
        Page.write(run(0), file);
        String page = Files.readString(file);

        assertThat(page).doesNotContain("src=", "@import", "url(").contains("href=\"data:,\"");
        assertThat(page).contains("&lt;a &amp; b&gt;").contains("every account is in order");
        assertThat(page.split("</script>", -1)).hasSize(3); // none but those of the page itself
        assertThat(page).contains("Throughput").doesNotContain(">Retries"); // nothing ever happened there
    }

    @Test
    void saysThatAPromiseWasBroken() throws Exception {
        Path file = directory.resolve("run.html");
        Page.write(run(3), file);

        assertThat(Files.readString(file)).contains("a promise was broken").contains("✗ must be zero");
    }

    @Test
    void eachPlotIsAPictureOfItsOwn() throws Exception {
        Plots.write(run(0), directory);

        assertThat(directory.resolve("accept-throughput.svg")).exists();
        assertThat(directory.resolve("accept-distribution.svg")).exists();
        assertThat(directory.resolve("accept-retries.svg")).doesNotExist();
        try (var files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Document svg = DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new InputSource(new StringReader(Files.readString(file))));
                assertThat(svg.getDocumentElement().getTagName()).isEqualTo("svg");
                assertThat(svg.getElementsByTagName("path").getLength()).isPositive();
            }
        }
    }

    @Test
    void drawsAtMostSomeHundredPointsOfACurve() {
        String svg = Plots.chart(run(0), "Throughput", List.of(run(0).series().get(0)), "");

        assertThat(svg.chars().filter(letter -> letter == 'L').count()).isLessThan(1_000);
        assertThat(svg).doesNotContain("NaN").doesNotContain("Infinity");
    }

    @Test
    void scalesHaveAHandfulOfRoundSteps() {
        for (double largest : new double[] {0, 0.003, 1, 7, 17_200, 99_999, 3e9}) {
            Scale scale = Scale.linear(largest, 0, 100);
            assertThat(scale.high()).isGreaterThanOrEqualTo(largest);
            assertThat(scale.ticks()).hasSizeBetween(2, 7);
        }
        assertThat(Scale.decades(0.3, 250, 0, 100).ticks()).hasSize(5);
        assertThat(Scale.decades(0.1, 1000, 0, 100).at(10)).isEqualTo(50);
        assertThat(Scale.linear(10, 0, 100).at(5)).isEqualTo(50);
    }

    @Test
    void numbersAreReadable() {
        assertThat(Numbers.text(0)).isEqualTo("0");
        assertThat(Numbers.text(12345.6)).isEqualTo("12,346");
        assertThat(Numbers.text(0.0123)).isEqualTo("0.012");
        assertThat(Numbers.axis(-0.0)).isEqualTo("0");
        assertThat(Numbers.axis(15_000)).isEqualTo("15k");
        assertThat(Numbers.axis(2_500_000)).isEqualTo("2.5M");
    }
}
