package dev.sluice.ingress.reply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumberedEventsTest {

    private static String told(String answer, int step) {
        NumberedEvents events = new NumberedEvents(2, 100);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] bytes = answer.getBytes(UTF_8);
        for (int at = 0; at < bytes.length; at += step) {
            out.writeBytes(events.take(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + step))));
        }
        out.writeBytes(events.rest());
        return out.toString(UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "data: aNN, data: aNid: 2-109NN",
        "event: xNdata: aNdata:bNN, event: xNdata: aNdata:bNid: 2-125NN",
        "id: 7Ndata: aNN, data: aNid: 2-115NN",
        "data: aNid: 7NidNid:NN, data: aNid: 2-122NN",
        "data: aRNid: 7RNRNdata: bRNRN, data: aRNid: 2-118RNRNdata: bRNid: 2-129RNRN",
        "data: aRRdata: bRR, data: aRid: 2-109RRdata: bRid: 2-118RR",
        "dataNN, dataNid: 2-106NN",
        ": beatNNdata: aNN, : beatNNdata: aNid: 2-117NN",
        "retry: 10NN, retry: 10NN",
        "id: 7NN, N",
        "idle: 7Ndata: aNN, idle: 7Ndata: aNid: 2-117NN",
        "data: aNNdata: b, data: aNid: 2-109NNdata: b",
        "data: aNNid: 9Ndata: b, data: aNid: 2-109NNdata: b",
    })
    void eachEventHasAnIdOfOurs(String answer, String expected) {
        String sent = answer.replace('R', '\r').replace('N', '\n');
        String read = expected.replace('R', '\r').replace('N', '\n');
        for (int step : new int[] {1, 2, 3, 1000}) {
            if (answer.contains("R") && step < 1000 && !answer.contains("N")) {
                continue; // before it is known that lines end with CR alone, two events may come together
            }
            assertThat(told(sent, step)).as("in steps of " + step).isEqualTo(read);
        }
    }

    @Test
    void aHugeEventIsPassedOnInParts() {
        String huge = "data: " + "x".repeat(3 * NumberedEvents.LONGEST) + "\nid: 1\n\n";
        String told = told(huge, 1000);
        assertThat(told).isEqualTo(huge.replace("id: 1", "id: 2-" + (100 + huge.length())));
        NumberedEvents events = new NumberedEvents(1, 0);
        assertThat(events.take(huge.substring(0, NumberedEvents.LONGEST + 1).getBytes(UTF_8)))
                .isNotEmpty();
    }

    @Test
    void idsArePositions() {
        assertThat(NumberedEvents.Position.parse("2-109")).isEqualTo(new NumberedEvents.Position(2, 109));
        for (String id :
                new String[] {null, "", "7", "2-", "-1-2", "2-109 ", "99999999999-1", "1-9999999999999999999"}) {
            assertThat(NumberedEvents.Position.parse(id)).isNull();
        }
    }
}
