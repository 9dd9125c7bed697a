package dev.sluice.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitEndsTest {

    private static List<String> units(String type, String body) {
        UnitEnds ends = UnitEnds.of(type);
        List<String> units = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < body.length(); i++) {
            if (ends.at(body.getBytes(UTF_8)[i])) {
                units.add(body.substring(from, i + 1));
                from = i + 1;
            }
        }
        if (from < body.length()) {
            units.add("rest " + body.substring(from));
        }
        return units.stream()
                .map(unit -> unit.replace("\r", "R").replace("\n", "N"))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "data: aNNdata: bNdata: cNN, data: aNN|data: bNdata: cNN",
        "data: aRNRNdata: bRNRN, data: aRNRN|data: bRNRN",
        "data: aRRdata: bRRdata: cRR, data: aRR|data: bRR|data: cRR",
        ":NNid: 1Ndata: aNN, :N|N|id: 1Ndata: aNN",
        ": beatNdata: aN: withinNNdata: b, : beatN|data: aN: withinNN|rest data: b",
        ": beatRNdata: aRNRN, : beatRN|data: aRNRN",
        "data: aNNNdata: b, data: aNN|N|rest data: b",
        "data:NRN, data:NRN",
        "data:RNN, data:RNN",
    })
    void eventsEndWithABlankLine(String body, String units) {
        assertThat(units("text/event-stream", body.replace('R', '\r').replace('N', '\n')))
                .containsExactly(units.split("\\|"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"application/x-ndjson", "application/ndjson", "application/jsonl", "Application/X-NDJSON; a=b"})
    void linesEndWithALineFeed(String type) {
        assertThat(units(type, "{}\n\n[1,\r\n2")).containsExactly("{}N", "N", "[1,RN", "rest 2");
    }

    @Test
    void otherFormatsHaveNoUnits() {
        assertThat(UnitEnds.of("text/plain")).isNull();
        assertThat(UnitEnds.of("")).isNull();
    }
}
