package dev.sluice.loadtest.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A keep-alive connection with at most one request under way. */
final class Connection {

    static final int LARGEST = 16 * 1024 * 1024;

    private final InetSocketAddress address;
    private final Selector selector;
    private SocketChannel channel;
    private SelectionKey key;
    private ByteBuffer in = ByteBuffer.allocate(16 * 1024);
    private ByteBuffer out = ByteBuffer.allocate(0);

    /** The item that is asked for, or -1. */
    long item = -1;

    /** When its request was sent, and when a pause ends, by {@link System#nanoTime}. */
    long sentAt;

    long resumeAt = System.nanoTime();

    Connection(InetSocketAddress address, Selector selector) throws IOException {
        this.address = address;
        this.selector = selector;
        this.channel = connected();
        this.key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    private SocketChannel connected() throws IOException {
        SocketChannel fresh = SocketChannel.open(address);
        fresh.setOption(StandardSocketOptions.TCP_NODELAY, true);
        fresh.configureBlocking(false);
        return fresh;
    }

    /** Connects anew, after it broke. */
    void reopen() throws IOException {
        close();
        in.clear();
        out = ByteBuffer.allocate(0);
        channel = connected();
        key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    boolean open() {
        return channel.isOpen();
    }

    void close() throws IOException {
        channel.close();
    }

    void send(byte[] request) throws IOException {
        out = ByteBuffer.wrap(request);
        sentAt = System.nanoTime();
        flush();
    }

    /** Writes what is left of the request. */
    void flush() throws IOException {
        if (out.hasRemaining()) {
            channel.write(out);
        }
        int wanted = out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        if (key.interestOps() != wanted) {
            key.interestOps(wanted);
        }
    }

    /** The answer once it is complete, else null. */
    @org.jspecify.annotations.Nullable
    Answer read() throws IOException {
        int count = channel.read(in);
        if (count < 0) {
            throw new IOException("the server closed the connection");
        }
        if (count == 0) {
            return null;
        }
        Answer answer = answer(new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1));
        if (answer != null) {
            in.clear();
        } else if (!in.hasRemaining()) {
            if (in.capacity() >= LARGEST) {
                throw new IOException("an answer is larger than " + LARGEST + " bytes");
            }
            in = ByteBuffer.allocate(in.capacity() * 2).put(in.flip());
        }
        return answer;
    }

    private static @org.jspecify.annotations.Nullable Answer answer(String text) {
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return null;
        }
        Answer head = new Answer(Integer.parseInt(text.substring(9, 12)), text.substring(0, end), "");
        int body = end + 4;
        String length = head.header("Content-Length");
        boolean complete = head.header("Transfer-Encoding").equalsIgnoreCase("chunked")
                ? text.endsWith("\r\n0\r\n\r\n") || text.startsWith("0\r\n\r\n", body)
                : text.length() >= body + (length.isEmpty() ? 0 : Integer.parseInt(length));
        return complete ? new Answer(head.status(), head.head(), text.substring(body)) : null;
    }
}
