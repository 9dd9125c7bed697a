package dev.sluice.ingress.header;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Nonsense;
import dev.sluice.ingress.header.ByteRange.Part;
import dev.sluice.ingress.header.ByteRange.Unsatisfiable;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bytes=0-0                                        | 100 | 0  | 0
            bytes=0-99                                       | 100 | 0  | 99
            bytes=10-19                                      | 100 | 10 | 19
            Bytes=10-19                                      | 100 | 10 | 19
            bytes= 10-19                                     | 100 | 10 | 19
            bytes=,10-19 ,                                   | 100 | 10 | 19
            bytes=10-                                        | 100 | 10 | 99
            bytes=99-                                        | 100 | 99 | 99
            bytes=90-200                                     | 100 | 90 | 99
            bytes=0000000000000000000000010-19               | 100 | 10 | 19
            bytes=0-99999999999999999999999999               | 100 | 0  | 99
            bytes=-10                                        | 100 | 90 | 99
            bytes=-100                                       | 100 | 0  | 99
            bytes=-1000                                      | 100 | 0  | 99
            bytes=-99999999999999999999999999                | 100 | 0  | 99
            bytes=0-0                                        | 1   | 0  | 0
            bytes=-1                                         | 1   | 0  | 0
            """)
    void aPart(String range, long size, long first, long last) {
        Part part = new Part(first, last, size);
        assertThat(ByteRange.of(range, size)).isEqualTo(part);
        assertThat(part.length()).isEqualTo(last - first + 1);
        assertThat(part.contentRange()).isEqualTo("bytes " + first + "-" + last + "/" + size);
    }

    @Test
    void aPartOfTheLargestBody() {
        assertThat(ByteRange.of("bytes=9223372036854775806-9223372036854775807", Long.MAX_VALUE))
                .isEqualTo(new Part(Long.MAX_VALUE - 1, Long.MAX_VALUE - 1, Long.MAX_VALUE));
        assertThat(ByteRange.of("bytes=-1", Long.MAX_VALUE))
                .isEqualTo(new Part(Long.MAX_VALUE - 1, Long.MAX_VALUE - 1, Long.MAX_VALUE));
    }

    @ParameterizedTest
    @CsvSource({
        "bytes=100-, 100",
        "bytes=100-200, 100",
        "bytes=99999999999999999999999999-, 100",
        "bytes=99999999999999999999999999-99999999999999999999999999, 100",
        "bytes=-0, 100",
        "bytes=0-, 0",
        "bytes=0-0, 0",
        "bytes=-0, 0"
    })
    void nothingThatIsThere(String range, long size) {
        assertThat(ByteRange.of(range, size)).isEqualTo(new Unsatisfiable(size));
        assertThat(new Unsatisfiable(size).contentRange()).isEqualTo("bytes */" + size);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bytes",
                "bytes=",
                "bytes=,",
                "bytes=-",
                "bytes=5",
                "bytes=a-5",
                "bytes=5-a",
                "bytes=5-4",
                "bytes=5--4",
                "bytes=--5",
                "bytes=5-6-7",
                "bytes=+5-6",
                "bytes=0x5-6",
                "bytes=5 - 6",
                "bytes=٣-",
                "bytes =0-5",
                "bytes:0-5",
                "items=0-5",
                "0-5",
                "bytes=0-1,3-4",
                "bytes=0-1,0-1,0-1",
                "bytes=0-1,x",
                "bytes=200-,-0"
            })
    void allOfIt(String range) {
        assertThat(ByteRange.of(range, 100)).isSameAs(ByteRange.WHOLE);
    }

    @Test
    void allOfItWithoutARangeOrOfNothing() {
        assertThat(ByteRange.of(null, 100)).isSameAs(ByteRange.WHOLE);
        assertThat(ByteRange.of("bytes=-5", 0)).isSameAs(ByteRange.WHOLE);
    }

    @Test
    void aPartOfTheBodyThatTheClientKnows() {
        HttpHeaders request = new DefaultHttpHeaders();
        assertThat(ByteRange.of(request, "\"x\"", null, 9)).isSameAs(ByteRange.WHOLE);
        request.set("Range", "bytes=1-2");
        assertThat(ByteRange.of(request, "\"x\"", null, 9)).isEqualTo(new Part(1, 2, 9));
        request.set("If-Range", "\"x\"");
        assertThat(ByteRange.of(request, "\"x\"", null, 9)).isEqualTo(new Part(1, 2, 9));
        assertThat(ByteRange.of(request, "\"y\"", null, 9)).isSameAs(ByteRange.WHOLE);
        assertThat(ByteRange.of(request, "W/\"x\"", null, 9)).isSameAs(ByteRange.WHOLE);
        request.set("If-Range", "Mon, 23 Nov 2026 13:41:07 GMT");
        assertThat(ByteRange.of(request, "\"x\"", null, 9)).isSameAs(ByteRange.WHOLE);
        request.set("If-Range", "\"x\"").add("If-Range", "\"x\"");
        assertThat(ByteRange.of(request, "\"x\"", null, 9)).isSameAs(ByteRange.WHOLE);
        request.remove("If-Range").add("Range", "bytes=3-4");
        assertThat(ByteRange.of(request, "\"x\"", null, 9))
                .as("several fields are several ranges")
                .isSameAs(ByteRange.WHOLE);
    }

    @Test
    void nonsenseStaysWithinTheBody() {
        String[] parts = {"bytes", "=", "-", "0", "7", "99999999999999999999", ",", " ", "bytes=", "bytes=-"};
        Nonsense.each(parts, value -> {
            long size = value.length() % 10;
            if (ByteRange.of(value, size) instanceof Part part) {
                assertThat(part.first()).isBetween(0L, size - 1);
                assertThat(part.last()).isBetween(part.first(), size - 1);
            }
        });
    }
}
