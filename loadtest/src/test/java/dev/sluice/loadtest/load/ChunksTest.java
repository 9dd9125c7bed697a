package dev.sluice.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunksTest {

    private static final byte[] BODY = "3\r\nabc\r\n0A;name=x\r\n0123456789\r\n1\r\n\n\r\n0\r\nTrailer: 0\r\n\r\nbehind"
            .getBytes(StandardCharsets.US_ASCII);

    private final Chunks chunks = new Chunks();
    private final StringBuilder data = new StringBuilder();

    private void feed(ByteBuffer bytes) throws IOException {
        chunks.feed(bytes, part -> data.append(StandardCharsets.US_ASCII.decode(part)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 1_000})
    void takesTheFramingOffHoweverItIsCut(int length) throws IOException {
        for (int from = 0; from < BODY.length; from += length) {
            feed(ByteBuffer.wrap(BODY, from, Math.min(length, BODY.length - from)));
        }

        assertThat(data).hasToString("abc0123456789\n");
        assertThat(chunks.ended()).isTrue();
    }

    @Test
    void hasNotEndedBeforeTheEmptyLineBehindTheLastChunk() throws IOException {
        feed(ByteBuffer.wrap("1\r\nx\r\n0\r\n".getBytes(StandardCharsets.US_ASCII)));

        assertThat(chunks.ended()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "1;x", "1\r\n", "1\r\nx", "1\r\nx\r", "1\r\nx\r\n", "1\r\nx\r\n2", "0\r\n"})
    void isBetweenChunksAtTheirEnd(String read) throws IOException {
        feed(ByteBuffer.wrap(read.getBytes(StandardCharsets.US_ASCII)));

        assertThat(chunks.betweenChunks()).isEqualTo(read.equals("1\r\nx\r\n"));
    }

    @Test
    void refusesWhatIsNoSize() {
        assertThatThrownBy(() -> feed(ByteBuffer.wrap(new byte[] {'d', 'a', 't', 'a'})))
                .isInstanceOf(IOException.class);
    }
}
