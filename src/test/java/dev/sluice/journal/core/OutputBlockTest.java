package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.Output;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutputBlockTest {

    private static final JobId ID = new JobId(0x0123456789abcdefL, -2);
    private static final Instant T = Instant.parse("2026-11-23T13:41:07.123Z");

    private record Row(long first, byte[] value) {}

    private final Random random = new Random(3);
    private long offset;

    @Test
    void theEventsComeBackTheSame() {
        offset = 1L << 33;
        List<JobEvent.Emitted> events = List.of(
                event(7, T, true, "½ 🚰".getBytes(StandardCharsets.UTF_8)),
                event(8, T.plusMillis(9), false, new byte[] {-1, 0}),
                event(9, T.minusMillis(4), true, new byte[0]),
                event(10, T.minusMillis(4), true, new byte[300]),
                event(11, T.plusSeconds(90), false, new byte[] {1}));
        OutputBlock block = only(events);
        assertThat(read(block, 0)).isEqualTo(events);
        assertThat(block.first()).isEqualTo(7);
        assertThat(block.last()).isEqualTo(11);
        assertThat(block.attempt()).isEqualTo(2);
        assertThat(block.offset()).isEqualTo(1L << 33);
        assertThat(block.end()).isEqualTo(offset);
    }

    @Test
    void readingBeginsAfterANumber() {
        List<JobEvent.Emitted> events = pieces(9, 20);
        OutputBlock block = only(events);
        for (int after = 0; after < 9; after++) {
            assertThat(read(block, after + 1L)).isEqualTo(events.subList(after, 9));
        }
        assertThat(read(block, block.last())).isEmpty();
    }

    @Test
    void anyRangeOfItsBytesIsRead() {
        offset = 1_000;
        List<JobEvent.Emitted> events = pieces(5, 7);
        byte[] all = bytes(events);
        OutputBlock block = only(events);
        for (int from = 0; from <= all.length; from++) {
            for (int to = from; to <= all.length; to++) {
                assertThat(block.bytes(1_000 + from, 1_000 + to))
                        .isEqualTo(java.util.Arrays.copyOfRange(all, from, to));
            }
        }
        assertThat(block.bytes(0, Long.MAX_VALUE)).isEqualTo(all);
    }

    @Test
    void anEmptyPieceBeginsAResponse() {
        List<JobEvent.Emitted> events = List.of(event(3, T, true, new byte[0]));
        OutputBlock block = only(events);
        assertThat(read(block, 0)).isEqualTo(events);
        assertThat(block.end()).isZero();
        assertThat(block.bytes(0, 9)).isEmpty();
    }

    @Test
    void manyPiecesAreSplitIntoBlocksOfLimitedSize() {
        List<JobEvent.Emitted> events = new ArrayList<>(pieces(1_000, 3));
        for (int i = 0; i < 20; i++) {
            events.add(event(events.size() + 2L, T, false, new byte[16 * 1024]));
        }
        events.add(event(events.size() + 2L, T, false, new byte[OutputBlock.MOST_BYTES + 1]));
        List<Row> rows = rows(events);
        assertThat(rows).hasSizeBetween(9, 12);
        List<JobEvent.Emitted> read = new ArrayList<>();
        for (Row row : rows) {
            OutputBlock block = OutputBlock.of(row.first, row.value);
            assertThat(block.last() - block.first()).isLessThan(OutputBlock.MOST_PIECES);
            block.events(ID, "reports", 0, read::add);
        }
        assertThat(read).isEqualTo(events);
    }

    @Test
    void whatASmallPieceCostsIsLittle() {
        offset = 100_000;
        assertThat(rows(pieces(1, 5)).get(0).value()).hasSizeLessThanOrEqualTo(5 + 15);
        assertThat(rows(pieces(100, 5)).get(0).value()).hasSizeLessThanOrEqualTo(100 * 6 + 15);
    }

    private JobEvent.Emitted event(long seq, Instant at, boolean text, byte[] bytes) {
        Output piece = new Output(text, bytes, 2, offset);
        offset += bytes.length;
        return new JobEvent.Emitted(ID, "reports", seq, at, piece);
    }

    private List<JobEvent.Emitted> pieces(int many, int size) {
        List<JobEvent.Emitted> events = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            byte[] bytes = new byte[size];
            random.nextBytes(bytes);
            events.add(event(i + 2L, T, i % 2 == 0, bytes));
        }
        return events;
    }

    private static List<Row> rows(List<JobEvent.Emitted> events) {
        List<Row> rows = new ArrayList<>();
        OutputBlock.pack(events, (first, value) -> rows.add(new Row(first, value)));
        return rows;
    }

    private static OutputBlock only(List<JobEvent.Emitted> events) {
        List<Row> rows = rows(events);
        assertThat(rows).hasSize(1);
        return OutputBlock.of(rows.get(0).first, rows.get(0).value);
    }

    private static List<JobEvent> read(OutputBlock block, long after) {
        List<JobEvent> read = new ArrayList<>();
        block.events(ID, "reports", after, read::add);
        return read;
    }

    private static byte[] bytes(List<JobEvent.Emitted> events) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        events.forEach(event -> all.writeBytes(event.output().bytes()));
        return all.toByteArray();
    }
}
