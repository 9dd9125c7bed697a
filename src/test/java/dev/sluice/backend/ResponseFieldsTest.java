package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ResponseFieldsTest {

    private final ResponseFields fields = new ResponseFields();

    @Test
    void foldedLinesAreJoined() {
        for (String line : new String[] {" lost", "X-A: 1", " ", "\t2\r3 ", "no field", " lost", "X-B:", " ", " 4"}) {
            fields.add(line);
        }

        assertThat(fields.end())
                .extracting(field -> field.getKey() + "=" + field.getValue())
                .containsExactly("X-A=1 2 3", "X-B=4");
    }

    /** Copying what there is for each of them would take minutes. */
    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aMillionFoldedLinesTakeNoTime() {
        fields.add("X-A: 0");
        for (int i = 0; i < 1_000_000; i++) {
            fields.add(" 1");
        }

        assertThat(fields.end().get("X-A")).hasSize(2_000_001);
    }
}
