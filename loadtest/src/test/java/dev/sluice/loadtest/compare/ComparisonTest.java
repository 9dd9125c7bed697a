package dev.sluice.loadtest.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.loadtest.report.Account;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.report.Run;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ComparisonTest {

    private static final List<Double> QUIET = List.of(99.0, 100.0, 101.0, 100.0);
    private static final List<Double> LOUD = List.of(60.0, 140.0, 80.0, 120.0);

    static Stream<Arguments> pairs() {
        return Stream.of(
                Arguments.of(QUIET, QUIET, Figure.Better.HIGHER, false, Verdict.NOISE),
                Arguments.of(LOUD, times(LOUD, 1.2), Figure.Better.HIGHER, false, Verdict.NOISE),
                Arguments.of(QUIET, times(QUIET, 1.05), Figure.Better.HIGHER, false, Verdict.SMALL),
                Arguments.of(QUIET, times(QUIET, 1.05), Figure.Better.HIGHER, true, Verdict.BETTER),
                Arguments.of(QUIET, times(QUIET, 1.5), Figure.Better.HIGHER, false, Verdict.BETTER),
                Arguments.of(QUIET, times(QUIET, 1.5), Figure.Better.LOWER, false, Verdict.WORSE),
                Arguments.of(QUIET, times(QUIET, 1.5), Figure.Better.NONE, false, Verdict.DIFFERENT),
                Arguments.of(QUIET, List.of(150.0), Figure.Better.LOWER, false, Verdict.UNKNOWN));
    }

    private static List<Double> times(List<Double> values, double factor) {
        return values.stream().map(value -> value * factor).toList();
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void tellsADifferenceFromNoise(
            List<Double> before, List<Double> after, Figure.Better better, boolean runs, Verdict expected) {
        assertThat(Verdict.of(sample(before), sample(after), better, runs)).isEqualTo(expected);
    }

    private static Sample sample(List<Double> values) {
        return new Sample(values.stream().mapToDouble(value -> value).average().orElseThrow(), values);
    }

    private static Run run(String scenario, double value, long lost) {
        return new Run(
                Run.FORMAT,
                scenario,
                "How many?",
                "2026-11-29T00:00:00Z",
                10,
                "loadtest/run " + scenario,
                Map.of("cores", "2"),
                List.of(Figure.higher("accepted", "1/s", value).slices(times(QUIET, value / 100))),
                List.of(new Account("lost", lost, Account.Promise.ZERO)),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    private static String print(List<Run> before, List<Run> after) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new Comparison(before, after).print(new PrintStream(out, true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void showsTwoRunsSideBySide() {
        assertThat(print(List.of(run("accept", 100, 0)), List.of(run("accept", 200, 2))))
                .containsPattern("accepted, 1/s +100 +200 +2.00 +better")
                .contains("BROKEN after: lost is 2 and must be 0");
    }

    @Test
    void takesTheNoiseOfSeveralRunsFromTheRuns() {
        List<Run> before = List.of(run("accept", 80, 0), run("accept", 120, 0));
        List<Run> after = List.of(run("accept", 90, 0), run("accept", 140, 0));

        assertThat(print(before, after)).containsPattern("100 +115 +1.15 +within the noise");
    }

    @Test
    void refusesRunsOfDifferentScenarios() {
        assertThatThrownBy(() -> print(List.of(run("accept", 1, 0)), List.of(run("told", 1, 0))))
                .hasMessageContaining("different scenarios");
    }
}
