package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeepAliveTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "timeout=5 | 4000",
                "timeout=5, max=100 | 4000",
                "max=100, Timeout = \"10\" | 8000",
                "timeout=0 | 0",
                "max=100 | 9223372036854775807",
                "xtimeout=5 | 9223372036854775807",
                "timeout=soon | 9223372036854775807",
            })
    void aConnectionIsNotReliedOnForAsLongAsTheBackendKeepsIt(String value, long millis) {
        assertThat(KeepAlive.millis(new DefaultHttpHeaders().add("keep-alive", value)))
                .isEqualTo(millis);
        assertThat(KeepAlive.millis(new DefaultHttpHeaders())).isEqualTo(Long.MAX_VALUE);
    }
}
