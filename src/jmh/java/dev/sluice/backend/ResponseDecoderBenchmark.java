package dev.sluice.backend;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A response of a backend, decoded from one read. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ResponseDecoderBenchmark {

    private static final String HEAD = "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 13:41:07 GMT\r\n"
            + "Content-Type: application/json\r\nServer: backend\r\nVary: Accept-Encoding\r\n";
    private static final String BODY = "{\"report\":\"q3\",\"pages\":[1,2,3,4]}";

    @Param({"length", "chunked"})
    public String framing;

    private ResponseDecoder decoder;
    private EmbeddedChannel channel;
    private byte[] response;

    @Setup
    public void open() {
        decoder = new ResponseDecoder(16 << 10, true, System::nanoTime);
        channel = new EmbeddedChannel(decoder);
        String text = framing.equals("length")
                ? HEAD + "Content-Length: " + BODY.length() + "\r\n\r\n" + BODY
                : HEAD + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(BODY.length()) + "\r\n" + BODY
                        + "\r\n0\r\n\r\n";
        response = text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Returns how many messages the response became: its head, its content and its end. */
    @Benchmark
    public int decode() {
        decoder.asked("POST", true);
        decoder.askedWhole();
        decoder.read(false);
        ByteBuf bytes = Unpooled.wrappedBuffer(response);
        channel.writeInbound(bytes);
        int messages = 0;
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            ReferenceCountUtil.release(message);
            messages++;
        }
        if (messages < 2) {
            throw new IllegalStateException("the response was not decoded to its end");
        }
        return messages;
    }
}
