package dev.sluice.loadtest.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Many readers of event streams, each over a connection of its own: one thread and one selector for all, and no framework,
 * because they share the cores with what they measure; for the same reason bytes that another of them was sent just before are not
 * parsed again. HTTP/1.1 without TLS. A parked reader takes some 2 KB of heap.
 */
public final class EventReaders implements AutoCloseable {

    private static final int MOST_CONNECTING = 128;
    private static final int READ = 256 * 1024;
    private static final long LONGEST_SELECT = 20; // ms; what is to be opened later is looked for as often

    private final InetSocketAddress address;
    private final URI base;
    private final Selector selector;
    private final Queue<Opening> asked = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Opening> later = new PriorityQueue<>(Comparator.comparingLong(Opening::due));
    private final Queue<Opening> next = new ArrayDeque<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(READ);
    private final SharedReads shared = new SharedReads();
    private final Thread thread = new Thread(this::run, "event-readers");
    private volatile boolean open = true;
    private volatile @Nullable Throwable failure;
    private int connecting;

    /** What is read of one stream. Called by the only thread of these readers; must not block. */
    public interface Reading {

        /** The head of the answer is here. Streams answer 200. */
        void opened(int status);

        /** Takes an event; returns false to hang up. */
        boolean event(Event event);

        /** Nothing more will come: the last call. */
        void over(End how);
    }

    /** How a stream has ended. */
    public enum End {
        /** By a proper end of the answer. */
        COMPLETE,
        /** The connection broke, or could not be made, or the answer was not 200. */
        BROKEN,
        /** The reader has hung up. */
        HUNG_UP
    }

    private record Opening(String target, String lastEventId, Reading reading, long due) {}

    /** Readers of one gateway. */
    public EventReaders(URI base) throws IOException {
        this.base = base;
        this.address = new InetSocketAddress(base.getHost(), base.getPort() < 0 ? 80 : base.getPort());
        this.selector = Selector.open();
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Asks for a stream. Returns at once; may be called by any thread. At most 128 connections are made at once, the others
     * wait for their turn.
     *
     * @param lastEventId after which to resume; empty for the beginning
     * @param delayMillis not before so many milliseconds
     */
    public void open(String target, String lastEventId, Reading reading, long delayMillis) {
        asked.add(new Opening(target, lastEventId, reading, System.nanoTime() + delayMillis * 1_000_000));
        if (Thread.currentThread() != thread) {
            selector.wakeup();
        }
    }

    private void run() {
        try {
            while (open) {
                begin();
                selector.select(this::proceed, LONGEST_SELECT); // in the order of arrival, which a set of keys has not
            }
        } catch (IOException | RuntimeException e) {
            failure = e; // close() throws it
        } finally {
            closeAll();
        }
    }

    private void begin() throws IOException {
        for (Opening one = asked.poll(); one != null; one = asked.poll()) {
            later.add(one);
        }
        long now = System.nanoTime();
        for (Opening one = later.peek(); one != null && one.due() <= now; one = later.peek()) {
            next.add(later.remove());
        }
        while (connecting < MOST_CONNECTING && !next.isEmpty()) {
            Opening one = next.remove();
            EventConnection connection =
                    new EventConnection(request(one.target(), one.lastEventId()), one.reading(), selector);
            connecting++;
            try {
                connection.connect(address);
            } catch (IOException e) {
                over(connection, End.BROKEN);
            }
        }
    }

    private byte[] request(String target, String lastEventId) {
        String resume = lastEventId.isEmpty() ? "" : "Last-Event-ID: " + lastEventId + "\r\n";
        return ("GET " + target + " HTTP/1.1\r\nHost: " + base.getAuthority() + "\r\nAccept: text/event-stream\r\n"
                        + resume + "\r\n")
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    private void proceed(SelectionKey key) {
        try {
            proceed((EventConnection) key.attachment());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void proceed(EventConnection connection) throws IOException {
        boolean waited = !connection.headRead();
        End end;
        try {
            end = connection.proceed(buffer, shared);
        } catch (IOException e) {
            end = End.BROKEN;
        }
        if (end != null) {
            connecting -= waited ? 1 : 0;
            connection.close(end);
        } else if (waited && connection.headRead()) {
            connecting--;
        }
    }

    private void over(EventConnection connection, End end) throws IOException {
        connecting--;
        connection.close(end);
    }

    private void closeAll() {
        try {
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            failure = e;
        }
    }

    /**
     * Closes all connections, and waits for the end of the thread: what its readers wrote can be read by the caller then.
     *
     * @throws IllegalStateException if it had failed before
     */
    @Override
    public void close() {
        open = false;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Throwable cause = failure;
        if (cause != null) {
            throw new IllegalStateException("the readers have failed: " + cause, cause);
        }
    }
}
