package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.MediaType;

class MediaTypesTest {

    @ParameterizedTest
    @CsvSource({
        "text/event-stream, true",
        "Text/Event-Stream ; charset=utf-8, true",
        "application/x-ndjson, true",
        "text/event-streams, false",
        "application/json, false",
        "'', false",
        ";, false",
    })
    void streamsAreKnownByTheirTypes(String value, boolean stream) {
        assertThat(MediaTypes.isStream(value)).isEqualTo(stream);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "TEXT/HTML; Charset=\"UTF-8\"",
                "text/plain;charset=us-ascii",
                "application/json",
                "application/vnd.api+json; profile=\"x\"",
                "application/jsonl"
            })
    void textIsText(String value) {
        assertThat(MediaTypes.isUtf8Text(value)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "image/png",
                "application/octet-stream",
                "text/plain; charset=iso-8859-1",
                "application/jsonx"
            })
    void otherBodiesAreNot(String value) {
        assertThat(MediaTypes.isUtf8Text(value)).isFalse();
    }

    @Test
    void whatIsMalformedIsNoType() {
        assertThat(MediaTypes.parse("application/json; charset=utf-8"))
                .isEqualTo(MediaType.parseMediaType("application/json;charset=UTF-8"));
        assertThat(MediaTypes.parse("json")).isNull();
        assertThat(MediaTypes.parse("")).isNull();
    }
}
