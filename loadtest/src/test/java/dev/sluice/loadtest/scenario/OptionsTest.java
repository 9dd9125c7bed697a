package dev.sluice.loadtest.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {

    private static final List<Option<?>> KNOWN =
            List.of(Common.RATE, Common.DURATION, Common.GATEWAY, Common.JOURNAL, Common.JVM_OPTIONS);

    @Test
    void takesWhatIsGivenAndWhatIsUsual() {
        Options options =
                Options.parse(KNOWN, List.of("--rate", "250", "--duration=2m", "--jvm-options", "--enable-x"));

        assertThat(options.get(Common.RATE)).isEqualTo(250);
        assertThat(options.get(Common.DURATION)).isEqualTo(Duration.ofMinutes(2));
        assertThat(options.get(Common.JOURNAL)).isEqualTo("rocksdb");
        assertThat(options.get(Common.JVM_OPTIONS)).isEqualTo("--enable-x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--rate",
                "--rate 0",
                "--rate many",
                "--rate -5",
                "--rate 99999999999",
                "--duration 10",
                "--duration 1d",
                "--duration 999999h",
                "--gateway localhost",
                "--gateway http://host/path",
                "--journal disk",
                "--unknown 1",
                "stray",
                "--rate 1 --rate 2"
            })
    void refusesNonsense(String command) {
        assertThatThrownBy(() -> Options.parse(KNOWN, List.of(command.split(" "))))
                .isInstanceOf(UsageException.class);
    }

    @Test
    void saysWhatWasExpected() {
        assertThatThrownBy(() -> Options.parse(KNOWN, List.of("--rate", "0")))
                .hasMessage("--rate is 0; expected a whole number from 1 to 100000");
    }

    @Test
    void everyUsualValueIsOneThatMayBeGiven() {
        for (Scenario scenario : Scenarios.ALL) {
            assertThat(Options.parse(Runner.options(scenario), List.of())).isNotNull();
            assertThat(scenario.name()).matches("[a-z]+(-[a-z]+)*");
            assertThat(scenario.question()).endsWith("?");
            assertThat(Runner.options(scenario).stream().map(Option::name)).doesNotHaveDuplicates();
        }
    }

    @Test
    void theReadmeNamesEveryScenarioWithItsQuestion() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        for (Scenario scenario : Scenarios.ALL) {
            assertThat(readme).contains("| `" + scenario.name() + "` | " + scenario.question() + " |");
        }
    }
}
