package dev.sluice.dispatch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.UnitEnds;
import dev.sluice.job.Headers;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputChunkerTest {

    private static final byte[] WATER = "🚰".getBytes(UTF_8);

    private static OutputChunker plain() {
        return new OutputChunker(true, null, 1);
    }

    private static OutputChunker events() {
        return new OutputChunker(true, UnitEnds.of("text/event-stream"), 1);
    }

    private static List<Output> take(OutputChunker chunker, byte[] piece) {
        chunker.add(piece);
        return chunker.take();
    }

    private static List<Output> cut(OutputChunker chunker, byte[]... pieces) {
        List<Output> outputs = new ArrayList<>();
        for (byte[] piece : pieces) {
            outputs.addAll(take(chunker, piece));
        }
        outputs.addAll(chunker.takeAll());
        return outputs;
    }

    private static byte[] bytes(List<Output> outputs) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Output output : outputs) {
            all.writeBytes(output.bytes());
        }
        return all.toByteArray();
    }

    @Test
    void aBodyWithoutUnitsIsCutAsItComes() {
        OutputChunker chunker = new OutputChunker(true, null, 7);
        assertThat(take(chunker, "data: ½".getBytes(UTF_8))).containsExactly(Output.text("data: ½", 7, 0));
        assertThat(take(chunker, new byte[0])).isEmpty();
        assertThat(take(chunker, "½".getBytes(UTF_8))).containsExactly(Output.text("½", 7, 8));
        assertThat(chunker.takeAll()).isEmpty();
    }

    @Test
    void whatIsNoWholeUnitWaitsForTheRest() {
        OutputChunker chunker = events();
        assertThat(take(chunker, "data: ".getBytes(UTF_8))).isEmpty();
        assertThat(take(chunker, "1\n\ndata: 2\n\ndata".getBytes(UTF_8)))
                .containsExactly(Output.text("data: 1\n\ndata: 2\n\n", 1, 0));
        assertThat(chunker.held()).isEqualTo(4);
        assertThat(take(chunker, ": 3\n".getBytes(UTF_8))).isEmpty();
        assertThat(take(chunker, "\n".getBytes(UTF_8))).containsExactly(Output.text("data: 3\n\n", 1, 18));
        assertThat(take(chunker, "data: end".getBytes(UTF_8))).isEmpty();
        assertThat(chunker.takeAll()).containsExactly(Output.text("data: end", 1, 27));
    }

    @Test
    void unitsAreJoinedButNeverCutUnlessTheyAreTooLong() {
        String unit = "data: " + "x".repeat(6000) + "\n\n";
        assertThat(cut(events(), unit.repeat(7).getBytes(UTF_8)))
                .extracting(output -> output.bytes().length)
                .containsExactly(2 * unit.length(), 2 * unit.length(), 2 * unit.length(), unit.length());
        String tooLong = "data: 1\n\ndata: " + "x".repeat(20_000) + "\n\n";
        assertThat(cut(events(), tooLong.getBytes(UTF_8)))
                .extracting(output -> output.bytes().length)
                .containsExactly(9, OutputChunker.MOST, tooLong.length() - 9 - OutputChunker.MOST);
    }

    @Test
    void noCharacterIsCutInTheMiddle() {
        for (int cut = 1; cut < WATER.length; cut++) {
            OutputChunker chunker = plain();
            assertThat(take(chunker, Arrays.copyOf(WATER, cut))).isEmpty();
            assertThat(take(chunker, Arrays.copyOfRange(WATER, cut, WATER.length)))
                    .containsExactly(Output.text("🚰", 1, 0));
        }
        OutputChunker byByte = plain();
        List<Output> outputs = new ArrayList<>();
        for (byte one : "aä€🚰b".getBytes(UTF_8)) {
            outputs.addAll(take(byByte, new byte[] {one}));
        }
        assertThat(outputs)
                .extracting(output -> new String(output.bytes(), UTF_8))
                .containsExactly("a", "ä", "€", "🚰", "b");
    }

    @Test
    void whatIsLongIsToldInPartsOfWholeCharacters() {
        for (OutputChunker chunker : List.of(plain(), events())) {
            String text = "x" + "🚰".repeat(20_000);
            List<Output> outputs = cut(chunker, text.getBytes(UTF_8));
            assertThat(outputs)
                    .hasSize(5)
                    .allMatch(Output::text)
                    .allSatisfy(output -> assertThat(output.bytes().length).isBetween(1, OutputChunker.MOST));
            assertThat(bytes(outputs)).isEqualTo(text.getBytes(UTF_8));
        }
        assertThat(cut(new OutputChunker(false, null, 1), new byte[40_000]))
                .hasSize(3)
                .noneMatch(Output::text);
    }

    @Test
    void whatIsNoTextIsToldAsItIs() {
        byte[] wrong = {'a', (byte) 0xff, 'b'};
        List<Output> outputs = cut(plain(), wrong, "c".getBytes(UTF_8), Arrays.copyOf(WATER, 3));
        assertThat(outputs)
                .containsExactly(
                        new Output(false, wrong, 1, 0),
                        Output.text("c", 1, 3),
                        new Output(false, Arrays.copyOf(WATER, 3), 1, 4));
    }

    @Test
    void whateverComesNothingIsLostOrAdded() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            byte[] all = new byte[random.nextInt(60_000)];
            random.nextBytes(all);
            if (round % 2 == 0) {
                all = "aä€🚰\n\r\n\n".repeat(all.length / 14).getBytes(UTF_8);
            }
            OutputChunker chunker = random.nextBoolean() ? events() : new OutputChunker(random.nextInt(4) > 0, null, 1);
            List<Output> outputs = new ArrayList<>();
            for (int at = 0; at < all.length; ) {
                int end = Math.min(all.length, at + 1 + random.nextInt(round % 3 == 0 ? 5 : 30_000));
                chunker.add(Arrays.copyOfRange(all, at, end));
                if (random.nextBoolean()) {
                    outputs.addAll(chunker.take());
                }
                at = end;
            }
            outputs.addAll(chunker.takeAll());
            assertThat(bytes(outputs)).isEqualTo(all);
            long offset = 0;
            for (Output output : outputs) {
                assertThat(output.offset()).isEqualTo(offset);
                assertThat(output.bytes().length).isBetween(1, OutputChunker.MOST);
                offset = output.end();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "text/event-stream, true",
        "Text/Plain; charset=UTF-8, true",
        "text/plain;charset=\"utf-8\", true",
        "text/plain; charset=iso-8859-1, false",
        "application/x-ndjson, true",
        "application/problem+json, true",
        "application/json, true",
        "image/svg+xml, false",
        "application/octet-stream, false",
        "'', false"
    })
    void theHeadSaysWhetherItIsText(String type, boolean text) {
        JobResult head = new JobResult(200, Headers.of("Content-Type", type));
        assertThat(OutputChunker.of(head, 1).beginning().text()).isEqualTo(text);
        JobResult encoded = new JobResult(200, Headers.of("Content-Type", type, "Content-Encoding", "gzip"));
        assertThat(OutputChunker.of(encoded, 1).beginning().text()).isFalse();
    }
}
