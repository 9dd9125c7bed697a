package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/** A client that sends exactly the HTTP/2 frames a test wants and shows what came back. */
public final class Frames implements Closeable {

    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int CONTINUATION = 9;
    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;
    public static final int ACK = 1;
    public static final int NO_ERROR = 0;
    public static final int INTERNAL_ERROR = 2;

    /** A frame as it came. */
    public record Frame(int type, int flags, int stream, byte[] payload) {

        boolean ends() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }

        /** The error that a frame tells of which ends a stream or a connection. */
        int error() {
            int at = type == GOAWAY ? 4 : 0;
            return payload[at + 3] & 0xff | (payload[at + 2] & 0xff) << 8;
        }
    }

    /**
     * What became of a stream.
     *
     * @param reset the error it was reset with, before or after its end; -1 for none
     */
    record Told(Wire.Reply reply, boolean ended, int reset) {}

    private final Socket connection;
    private final Socket socket;
    private final DataInputStream in;
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

    public Frames(Transport transport, int port) throws IOException {
        this(transport.connect(port, 0), transport);
    }

    /** On a connection that is there. */
    public Frames(Socket connection, Transport transport) throws IOException {
        this.connection = connection;
        socket = transport.secured(connection, "h2");
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
        frame(SETTINGS, 0, 0);
    }

    /** Bounds what may be on its way to the other side. */
    Frames sendBuffer(int bytes) throws IOException {
        connection.setSendBufferSize(bytes);
        return this;
    }

    public Frames raw(byte... bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    public Frames frame(int type, int flags, int stream, byte... payload) throws IOException {
        return raw(bytes(type, flags, stream, payload));
    }

    static byte[] bytes(int type, int flags, int stream, byte... payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(integers(payload.length).substring(1).getBytes(ISO_8859_1));
        out.write(type);
        out.write(flags);
        out.writeBytes(integers(stream).getBytes(ISO_8859_1));
        out.writeBytes(payload);
        return out.toByteArray();
    }

    /** A request's head; the fields in turn with their values, besides those of the line. */
    public Frames head(int stream, boolean ends, String line, String... fields) throws IOException {
        return frame(HEADERS, END_HEADERS | (ends ? END_STREAM : 0), stream, block(line, fields));
    }

    public Frames data(int stream, boolean ends, String bytes) throws IOException {
        return frame(DATA, ends ? END_STREAM : 0, stream, bytes.getBytes(ISO_8859_1));
    }

    public Frames reset(int stream, int error) throws IOException {
        return frame(RST_STREAM, 0, stream, integers(error).getBytes(ISO_8859_1));
    }

    public static byte[] block(String line, String... fields) {
        String[] parts = line.split(" ");
        String[] pseudo = {":method", parts[0], ":path", parts[1], ":scheme", "http", ":authority", "g"};
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String[] all : new String[][] {pseudo, fields}) {
            for (int i = 0; i < all.length; i += 2) {
                out.write(0); // neither indexed nor compressed (RFC 7541, 6.2.2)
                text(out, all[i]);
                text(out, all[i + 1]);
            }
        }
        return out.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String text) {
        int length = text.length();
        out.write(Math.min(length, 127));
        if (length >= 127) {
            for (length -= 127; length >= 128; length >>= 7) {
                out.write(length & 127 | 128);
            }
            out.write(length);
        }
        out.writeBytes(text.getBytes(ISO_8859_1));
    }

    private static String integers(int value) {
        return "" + (char) (value >>> 24) + (char) (value >>> 16 & 255) + (char) (value >>> 8 & 255)
                + (char) (value & 255);
    }

    /** The next frame; null at the end of the connection. Settings and pings are answered. */
    public Frame next() throws IOException {
        try {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            Frame frame = new Frame(in.readUnsignedByte(), in.readUnsignedByte(), in.readInt(), new byte[length]);
            in.readFully(frame.payload());
            if ((frame.type() == SETTINGS || frame.type() == PING) && frame.flags() == 0) {
                frame(frame.type(), ACK, 0, frame.type() == PING ? frame.payload() : new byte[0]);
            }
            return frame;
        } catch (EOFException | SocketException e) {
            return null;
        }
    }

    /** All that is said on a stream, until it or the connection ends. */
    Told read(int stream) throws IOException {
        int status = 0;
        List<String> fields = new ArrayList<>();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (Frame frame = next(); frame != null; frame = next()) {
            if (frame.type() == GOAWAY && frame.error() != NO_ERROR) {
                return new Told(new Wire.Reply(status, fields, body.toByteArray()), false, frame.error());
            } else if (frame.stream() != stream) {
                continue;
            } else if (frame.type() == RST_STREAM) {
                return new Told(new Wire.Reply(status, fields, body.toByteArray()), false, frame.error());
            } else if (frame.type() == HEADERS) {
                for (var field : decoded(frame)) {
                    fields.add(field.getKey().toString());
                    fields.add(field.getValue().toString());
                }
                status = Integer.parseInt(fields.get(fields.indexOf(":status") + 1));
            } else if (frame.type() == DATA) {
                body.writeBytes(frame.payload());
            }
            if (frame.ends()) {
                return new Told(new Wire.Reply(status, fields, body.toByteArray()), true, -1);
            }
        }
        return new Told(new Wire.Reply(status, fields, body.toByteArray()), false, -1);
    }

    /** Status and fields only; null if the stream or the connection ends before. */
    Wire.Reply readHead(int stream) throws IOException {
        for (Frame frame = next(); frame != null && frame.type() != RST_STREAM; frame = next()) {
            if (frame.stream() == stream && frame.type() == HEADERS) {
                List<String> fields = new ArrayList<>();
                for (var field : decoded(frame)) {
                    fields.add(field.getKey().toString());
                    fields.add(field.getValue().toString());
                }
                int status = Integer.parseInt(fields.get(fields.indexOf(":status") + 1));
                return new Wire.Reply(status, fields, new byte[0]);
            }
        }
        return null;
    }

    private Iterable<java.util.Map.Entry<CharSequence, CharSequence>> decoded(Frame frame) throws IOException {
        try {
            return decoder.decodeHeaders(frame.stream(), Unpooled.wrappedBuffer(frame.payload()));
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
    }

    /** The frame that ends the connection, if there is one, and the connection's end. */
    Frame readToEnd() throws IOException {
        Frame last = null;
        for (Frame frame = next(); frame != null; frame = next()) {
            last = frame.type() == GOAWAY ? frame : last;
        }
        return last;
    }

    /** Says that nothing more comes. */
    public void end() throws IOException {
        socket.shutdownOutput();
    }

    /** Goes for good, with a reset. */
    public void vanish() throws IOException {
        connection.setSoLinger(true, 0);
        connection.close();
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
