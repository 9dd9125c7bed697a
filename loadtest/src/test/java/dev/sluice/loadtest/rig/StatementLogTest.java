package dev.sluice.loadtest.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatementLogTest {

    private static final String LINES = """
            2026-11-29 08:00:00.000 UTC [7] LOG:  duration: 0.512 ms  execute S_1: with t as now,
            \tf as materialized (select 1)
            2026-11-29 08:00:00.001 UTC [7] LOG:  duration: 12.5 ms  execute <unnamed>: with t as now, f as materialized (select 1)
            2026-11-29 08:00:00.002 UTC [7] LOG:  duration: 3.000 ms  execute S_2: with other as (select 1)
            2026-11-29 08:00:00.003 UTC [7] LOG:  duration: 9.000 ms  parse S_1: with t as now, f as materialized (select 1)
            """;

    @Test
    void findsWhatWasExecutedOfOneStatementAlsoOverSeveralLines() {
        assertThat(StatementLog.millis(LINES, "with t as now, f as materialized"))
                .containsExactly(0.512, 12.5);
        assertThat(StatementLog.millis(LINES, "with nothing")).isEmpty();
    }

    @Test
    void beginsAtItsMark(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("postgres.log"), LINES);
        StatementLog log = new StatementLog(file);
        assertThat(log.millis("with")).isEmpty();

        Files.writeString(file, LINES, StandardOpenOption.APPEND);
        assertThat(log.millis("with other")).isEqualTo(List.of(3.0));
        log.mark();
        assertThat(log.millis("with other")).isEmpty();
    }
}
