package dev.sluice.loadtest.load;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The connection of one of {@link EventReaders}; used by their thread only. */
final class EventConnection {

    private static final int LARGEST_HEAD = 16 * 1024;
    private static final int OK = 200;
    private static final int NO_CONTENT = 204;

    private final EventReaders.Reading reading;
    private final SocketChannel channel;
    private final SelectionKey key;
    private byte @Nullable [] request;
    private @Nullable ByteArrayOutputStream head = new ByteArrayOutputStream(512);
    private final EventParser parser = new EventParser();
    private final Chunks chunks = new Chunks();
    private boolean ended;
    private boolean hungUp;

    EventConnection(byte[] request, EventReaders.Reading reading, Selector selector) throws IOException {
        this.request = request;
        this.reading = reading;
        this.channel = SocketChannel.open();
        channel.configureBlocking(false);
        this.key = channel.register(selector, SelectionKey.OP_CONNECT, this);
    }

    void connect(InetSocketAddress address) throws IOException {
        if (channel.connect(address)) {
            send();
        }
    }

    /** Whether the head of the answer is here. */
    boolean headRead() {
        return head == null;
    }

    /**
     * Does what can be done now.
     *
     * @param buffer to read with, for this call
     * @param shared what the readers of this thread were sent last
     * @return how the stream has ended, or null if it has not
     */
    EventReaders.@Nullable End proceed(ByteBuffer buffer, SharedReads shared) throws IOException {
        if (request != null) {
            if (channel.finishConnect()) {
                send();
            }
            return null;
        }
        int count = channel.read(buffer.clear());
        if (count < 0) {
            return EventReaders.End.BROKEN; // a proper end is told by the last chunk
        }
        long at = System.nanoTime();
        buffer.flip();
        if (head != null) {
            head(head, buffer);
        }
        if (head == null && !ended) {
            tell(events(buffer, shared), at);
        }
        if (hungUp) {
            return EventReaders.End.HUNG_UP;
        }
        return ended || chunks.ended() ? EventReaders.End.COMPLETE : null;
    }

    private void send() throws IOException {
        byte[] bytes = request;
        if (bytes == null || channel.write(ByteBuffer.wrap(bytes)) < bytes.length) {
            throw new IOException("a fresh connection does not take a request"); // its buffer is larger
        }
        request = null;
        key.interestOps(SelectionKey.OP_READ);
    }

    private void head(ByteArrayOutputStream sofar, ByteBuffer bytes) throws IOException {
        int from = Math.max(0, sofar.size() - 3);
        int had = sofar.size();
        sofar.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        String text = sofar.toString(StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n", from);
        if (end < 0) {
            if (sofar.size() > LARGEST_HEAD) {
                throw new IOException("a head is larger than " + LARGEST_HEAD + " bytes");
            }
            bytes.position(bytes.limit());
            return;
        }
        bytes.position(bytes.position() + end + 4 - had);
        Answer answer = new Answer(Integer.parseInt(text.substring(9, 12)), text.substring(0, end), "");
        head = null;
        reading.opened(answer.status());
        if (answer.status() == NO_CONTENT) {
            ended = true;
        } else if (answer.status() != OK || !answer.header("Transfer-Encoding").equalsIgnoreCase("chunked")) {
            throw new IOException("not a stream: " + answer.head());
        }
    }

    private List<Event> events(ByteBuffer read, SharedReads shared) throws IOException {
        String before = parser.id();
        boolean whole = isBetweenEvents();
        List<Event> same = whole ? shared.find(read, before) : null;
        if (same != null) {
            parser.id(shared.idAfter());
            return same;
        }
        int from = read.position();
        List<Event> events = new ArrayList<>(1);
        chunks.feed(read, data -> events.addAll(parser.feed(Unpooled.wrappedBuffer(data))));
        if (whole && isBetweenEvents()) {
            shared.keep(read.position(from), before, parser.id(), events);
        }
        return events;
    }

    private boolean isBetweenEvents() {
        return chunks.betweenChunks() && parser.betweenEvents();
    }

    private void tell(List<Event> events, long at) {
        for (Event event : events) {
            if (!reading.event(event.readAt(at))) {
                hungUp = true;
                return; // whoever hangs up has not seen what lay behind that
            }
        }
    }

    /** Closes it; one that hangs up does so without a word, as one whose network has gone. */
    void close(EventReaders.End how) throws IOException {
        if (how == EventReaders.End.HUNG_UP) {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        channel.close();
        reading.over(how);
    }
}
