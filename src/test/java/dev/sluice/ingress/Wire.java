package dev.sluice.ingress;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client that sends exactly the bytes a test wants and shows exactly what came back. */
public final class Wire implements Closeable {

    private static final Logger LOG = LoggerFactory.getLogger(Wire.class);

    private static final JsonMapper JSON = new JsonMapper();

    /** An answer. Field names and values in turn, as sent. */
    public record Reply(int status, List<String> fields, byte[] body) {

        public String field(String name) {
            List<String> all = all(name);
            return all.isEmpty() ? null : all.get(0);
        }

        public List<String> all(String name) {
            List<String> values = new ArrayList<>();
            for (int i = 0; i < fields.size(); i += 2) {
                if (fields.get(i).equalsIgnoreCase(name)) {
                    values.add(fields.get(i + 1));
                }
            }
            return values;
        }

        /** Where the job of an answer is, as its Link says. */
        public String job() {
            for (String link : all("Link")) {
                int end = link.indexOf(">; rel=\"status\"");
                if (end > 0) {
                    return link.substring(link.lastIndexOf('<', end) + 1, end);
                }
            }
            return null;
        }

        public String text() {
            return new String(body, StandardCharsets.ISO_8859_1);
        }

        public JsonNode json() {
            return JSON.readTree(body);
        }

        /** The last part of the problem's type. */
        public String problem() {
            return json().get("type").asString().replace("urn:sluice:problem:", "");
        }
    }

    private final Socket connection;
    private final Socket socket;
    private final InputStream in;

    public Wire(int port) throws IOException {
        this(port, 0);
    }

    /** With a receive buffer of that many bytes, for one who does not read. */
    public Wire(int port, int receiveBuffer) throws IOException {
        this(Transport.PLAIN, port, receiveBuffer);
    }

    Wire(Transport transport, int port) throws IOException {
        this(transport, port, 0);
    }

    Wire(Transport transport, int port, int receiveBuffer) throws IOException {
        connection = transport.connect(port, receiveBuffer);
        socket = transport.secured(connection, "http/1.1");
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** One request on a connection of its own; line ends are made CRLF. */
    public static Reply call(int port, String head) throws IOException {
        return call(port, head, new byte[0]);
    }

    public static Reply call(int port, String head, byte[] body) throws IOException {
        return call(Transport.PLAIN, port, head, body);
    }

    public static Reply call(Transport transport, int port, String head, byte[] body) throws IOException {
        try (Wire wire = new Wire(transport, port)) {
            wire.send(head + "\n\n").send(body);
            return wire.read(head.startsWith("HEAD"));
        }
    }

    public Wire send(String text) throws IOException {
        return send(text.replace("\r\n", "\n").replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    public Wire send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** Sends as much of it as is taken before the server closes the connection. */
    void sendUntilClosed(byte[] bytes) throws IOException {
        try {
            send(bytes);
        } catch (SocketException e) {
            LOG.debug("The server closed the connection", e);
        }
    }

    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Goes for good, with a reset, where {@link #close} says no more than that nothing is sent any more. */
    public void reset() throws IOException {
        connection.setSoLinger(true, 0);
        connection.close();
    }

    /** The next answer, whole; interim ones are answers too. */
    public Reply read() throws IOException {
        return read(false);
    }

    Reply read(boolean head) throws IOException {
        Reply start = readHead();
        if (head || start.status() < 200 || start.status() == 204 || start.status() == 304) {
            return start;
        }
        String length = start.field("Content-Length");
        if (length != null) {
            return new Reply(start.status(), start.fields(), exactly(Integer.parseInt(length)));
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] chunk = readChunk(); chunk.length > 0; chunk = readChunk()) {
            body.write(chunk);
        }
        return new Reply(start.status(), start.fields(), body.toByteArray());
    }

    /** Status and fields only. */
    public Reply readHead() throws IOException {
        String[] first = line().split(" ", 3);
        List<String> fields = new ArrayList<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            fields.add(line.substring(0, colon));
            fields.add(line.substring(colon + 1).strip());
        }
        return new Reply(Integer.parseInt(first[1]), fields, new byte[0]);
    }

    /** The next chunk; empty for the last. */
    public byte[] readChunk() throws IOException {
        byte[] chunk = exactly(Integer.parseInt(line(), 16));
        line();
        return chunk;
    }

    /** How many bytes come before the other side closes the connection, in whatever way; no more than so many are read. */
    int readAtMost(int most) {
        int bytes = 0;
        try {
            while (bytes < most && in.read() >= 0) {
                bytes++;
            }
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("nothing came, and no end, after " + bytes + " bytes", e);
        } catch (IOException e) {
            return bytes;
        }
        return bytes;
    }

    /** All that comes until the other side closes the connection in an orderly way. */
    byte[] readToEnd() throws IOException {
        return in.readAllBytes();
    }

    /** Whether the other side has closed the connection, waiting for that if need be. */
    public boolean isClosed() throws IOException {
        try {
            while (in.read() >= 0) {
                // whatever it still had to say
            }
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("got " + bytes.length + " bytes of " + length);
        }
        return bytes;
    }

    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection was closed after '" + line + "'");
            }
            line.write(c);
        }
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
