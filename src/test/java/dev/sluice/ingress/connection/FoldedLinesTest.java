package dev.sluice.ingress.connection;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FoldedLinesTest {

    private static final String FOLDED = "GET /folded HTTP/1.1\r\nHost: g\r\nX-A: a\r\n b\r\n\r\n";
    private static final String PLAIN = "GET /plain HTTP/1.1\r\nHost: g\r\n\r\n";

    private final EmbeddedChannel channel = new EmbeddedChannel();

    FoldedLinesTest() {
        ConnectionGuard guard = new ConnectionGuard(10_000, 20_000);
        channel.pipeline().addLast(new FoldedLines(guard), new HttpServerCodec(), guard);
    }

    @AfterEach
    void release() {
        channel.finishAndReleaseAll();
    }

    /** What became of the bytes, sent in pieces of a size: bodies, and whether each head could be read. */
    private String read(String sent, int size) {
        StringBuilder seen = new StringBuilder();
        for (int from = 0; from < sent.length(); from += size) {
            String piece = sent.substring(from, Math.min(sent.length(), from + size));
            channel.writeInbound(Unpooled.copiedBuffer(piece, ISO_8859_1));
        }
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            if (message instanceof HttpRequest request) {
                seen.append(request.decoderResult().isSuccess() ? request.uri() : "refused");
            } else if (message instanceof HttpContent content) {
                seen.append(content.content().toString(ISO_8859_1));
            }
            ReferenceCountUtil.release(message);
        }
        return seen.toString();
    }

    private static final List<Integer> SIZES = List.of(1, 2, 3, 7, 1_000);

    @ParameterizedTest
    @ValueSource(
            strings = {
                FOLDED,
                "GET / HTTP/1.1\r\n Host: g\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: g\r\n\tmore\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: g\r\nX:\r\n \r\n\r\n",
                "GET / HTTP/1.1\nHost: g\n more\n\n"
            })
    void headsWithFoldedLinesAreRefused(String head) {
        for (int size : SIZES) {
            assertThat(new FoldedLinesTest().read(head, size))
                    .as("in pieces of " + size)
                    .isEqualTo("refused");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /a HTTP/1.1\r\nContent-Length: 12\r\n\r\n\r\n\r\n {\n\n \t}\n",
                "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n\r\n\r\n {\r\n6\r\n\n\n \t}\n\r\n0\r\n\r\n"
            })
    void bodiesPassAsTheyAre(String request) {
        for (int size : SIZES) {
            FoldedLinesTest one = new FoldedLinesTest();
            assertThat(one.read(request + PLAIN + request + FOLDED, size))
                    .as("in pieces of " + size)
                    .isEqualTo("/a\r\n\r\n {\n\n \t}\n/plain/a\r\n\r\n {\n\n \t}\nrefused");
        }
    }

    /** Counts how often it is searched. */
    private static final class Searched extends UnpooledHeapByteBuf {

        int searches;

        Searched(int length) {
            super(UnpooledByteBufAllocator.DEFAULT, length, length);
            writeZero(length);
        }

        @Override
        public int indexOf(int from, int to, byte value) {
            searches++;
            return super.indexOf(from, to, value);
        }
    }

    @Test
    void aBodyOfAnAnnouncedLengthIsNotSearchedForLines() {
        String head = "POST /a HTTP/1.1\r\nContent-Length: 30000\r\n\r\n";
        channel.writeInbound(Unpooled.copiedBuffer(head, ISO_8859_1));
        for (int i = 0; i < 3; i++) {
            Searched piece = new Searched(10_000);
            channel.writeInbound(piece);
            assertThat(piece.searches).isZero();
        }
        assertThat(read(FOLDED, 1_000)).endsWith("refused");
    }
}
