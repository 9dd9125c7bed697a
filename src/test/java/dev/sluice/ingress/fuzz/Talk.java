package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sluice.ingress.Transport;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;

/** One connection of somebody who says what it likes and then listens until the other side closes. */
final class Talk implements Closeable {

    /** What is not answered by then may wait for more, which it is told is not to come, or be a stream. */
    private static final int QUIET_MILLIS = 150;

    private static final int LIMIT_MILLIS = 30_000;

    /**
     * What came back.
     *
     * @param bytes all of it
     * @param cut whether the end may be missing: it was a stream that we left, or the connection was reset
     */
    record Heard(byte[] bytes, boolean cut) {}

    private final Socket connection;
    private final Socket socket;

    Talk(Transport transport, int port) throws IOException {
        connection = transport.connect(port, 0);
        socket = transport.secured(connection, "http/1.1");
    }

    /** Says something, unless the other side has closed already. */
    Talk say(byte[] bytes) throws IOException {
        try {
            socket.getOutputStream().write(bytes);
        } catch (SocketException closed) {
            return this; // what it said before that is still to be read
        }
        return this;
    }

    /** Says that nothing more comes. */
    Talk end() throws IOException {
        try {
            socket.shutdownOutput();
        } catch (SocketException closed) {
            return this;
        }
        return this;
    }

    /** Waits for the begin of what the other side says, and is gone in the middle of it: with a reset, not an end. */
    void vanish() throws IOException {
        socket.setSoTimeout(LIMIT_MILLIS);
        try {
            if (socket.getInputStream().read() < 0) {
                throw new AssertionError("closed without a word");
            }
        } finally {
            reset();
        }
    }

    /**
     * Listens to the end. Says that nothing more comes after these words, or when it has been quiet for a while, which
     * changes nothing about the answers; a stream, which would go on, is left then.
     */
    Heard listen(String lastWords) throws IOException {
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        boolean ended = false;
        byte[] buffer = new byte[16 * 1024];
        InputStream in = socket.getInputStream();
        socket.setSoTimeout(QUIET_MILLIS);
        while (true) {
            try {
                int read = in.read(buffer);
                if (read < 0) {
                    return new Heard(heard.toByteArray(), false);
                }
                heard.write(buffer, 0, read);
                if (ended && isStream(heard)) {
                    socket.setSoTimeout(QUIET_MILLIS); // it may go on for as long as anybody listens
                }
                if (!ended && heard.toString(ISO_8859_1).endsWith(lastWords)) {
                    ended = true;
                    socket.setSoTimeout(LIMIT_MILLIS);
                    end();
                }
            } catch (SocketTimeoutException e) {
                if (isStream(heard)) {
                    reset();
                    return new Heard(heard.toByteArray(), true);
                } else if (ended) {
                    throw new AssertionError("the connection is still open long after its client has ended", e);
                }
                ended = true;
                socket.setSoTimeout(LIMIT_MILLIS);
                end();
            } catch (SocketException reset) {
                return new Heard(heard.toByteArray(), true);
            }
        }
    }

    private void reset() throws IOException {
        connection.setSoLinger(true, 0);
        connection.close();
    }

    private static boolean isStream(ByteArrayOutputStream heard) {
        return heard.toString(ISO_8859_1).contains("text/event-stream");
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
