package dev.sluice.dispatch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

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

    private static List<Output> cut(OutputChunker chunker, byte[]... pieces) {
        List<Output> outputs = new ArrayList<>();
        for (byte[] piece : pieces) {
            outputs.addAll(chunker.take(piece));
        }
        outputs.addAll(chunker.end());
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
    void eachPieceIsToldAsItComes() {
        OutputChunker chunker = new OutputChunker(true, 7);
        assertThat(chunker.take("data: ½\n\n".getBytes(UTF_8))).containsExactly(Output.text("data: ½\n\n", 7, 0));
        assertThat(chunker.take(new byte[0])).isEmpty();
        assertThat(chunker.take("½".getBytes(UTF_8))).containsExactly(Output.text("½", 7, 10));
        assertThat(chunker.end()).isEmpty();
    }

    @Test
    void noCharacterIsCutInTheMiddle() {
        for (int cut = 1; cut < WATER.length; cut++) {
            OutputChunker chunker = new OutputChunker(true, 1);
            assertThat(chunker.take(Arrays.copyOf(WATER, cut))).isEmpty();
            assertThat(chunker.take(Arrays.copyOfRange(WATER, cut, WATER.length)))
                    .containsExactly(Output.text("🚰", 1, 0));
        }
        OutputChunker byByte = new OutputChunker(true, 1);
        List<Output> outputs = new ArrayList<>();
        for (byte one : "aä€🚰b".getBytes(UTF_8)) {
            outputs.addAll(byByte.take(new byte[] {one}));
        }
        assertThat(outputs)
                .extracting(output -> new String(output.bytes(), UTF_8))
                .containsExactly("a", "ä", "€", "🚰", "b");
    }

    @Test
    void whatIsLongIsToldInPartsOfWholeCharacters() {
        String text = "x" + "🚰".repeat(20_000);
        List<Output> outputs = cut(new OutputChunker(true, 1), text.getBytes(UTF_8));
        assertThat(outputs)
                .hasSize(5)
                .allMatch(Output::text)
                .allSatisfy(output -> assertThat(output.bytes().length).isBetween(1, OutputChunker.MOST));
        assertThat(bytes(outputs)).isEqualTo(text.getBytes(UTF_8));
        assertThat(cut(new OutputChunker(false, 1), new byte[40_000]))
                .hasSize(3)
                .noneMatch(Output::text);
    }

    @Test
    void whatIsNoTextIsToldAsItIs() {
        byte[] wrong = {'a', (byte) 0xff, 'b'};
        List<Output> outputs = cut(new OutputChunker(true, 1), wrong, "c".getBytes(UTF_8), Arrays.copyOf(WATER, 3));
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
                all = "aä€🚰".repeat(all.length / 10).getBytes(UTF_8);
            }
            OutputChunker chunker = new OutputChunker(random.nextInt(4) > 0, 1);
            List<Output> outputs = new ArrayList<>();
            for (int at = 0; at < all.length; ) {
                int end = Math.min(all.length, at + 1 + random.nextInt(round % 3 == 0 ? 5 : 30_000));
                outputs.addAll(chunker.take(Arrays.copyOfRange(all, at, end)));
                at = end;
            }
            outputs.addAll(chunker.end());
            assertThat(bytes(outputs)).isEqualTo(all);
            long offset = 0;
            for (Output output : outputs) {
                assertThat(output.offset()).isEqualTo(offset);
                offset += bytes(List.of(output)).length;
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
        assertThat(OutputChunker.of(head, 1).take(new byte[] {'a'}).get(0).text())
                .isEqualTo(text);
        JobResult encoded = new JobResult(200, Headers.of("Content-Type", type, "Content-Encoding", "gzip"));
        assertThat(OutputChunker.of(encoded, 1).take(new byte[] {'a'}).get(0).text())
                .isFalse();
    }
}
