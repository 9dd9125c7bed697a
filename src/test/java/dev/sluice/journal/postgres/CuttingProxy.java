package dev.sluice.journal.postgres;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a gateway and PostgreSQL and breaks what goes through: at once, after so many bytes, or around a
 * statement. It reads the client's messages (frontend messages of protocol 3, without TLS), and remembers which prepared
 * statement has which text, so that a statement is known at each execution and not only when it is prepared.
 */
public final class CuttingProxy implements AutoCloseable {

    private static final long NEVER = Long.MAX_VALUE;
    private static final int SSL_REQUEST = 80_877_103;
    private static final int GSS_REQUEST = 80_877_104;

    /** When the connection of a statement is cut. */
    private enum Moment {
        /** The server does not get the statement. */
        BEFORE,
        /** The server executes it and commits it, unless a transaction is open, and the client never hears of that. */
        AFTER
    }

    /** Waits for a statement; only the first one that has the text in it is cut. */
    private record Trap(String text, Moment moment, CompletableFuture<Void> sprung) {}

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicReference<@Nullable Trap> trap = new AtomicReference<>();
    private final Object gate = new Object();
    private boolean held;
    private int waiting;
    private volatile int target;
    private volatile long requestBytes = NEVER;
    private volatile long answerBytes = NEVER;

    /** Opens one that leads to that port of the loopback address. */
    public CuttingProxy(int target) throws IOException {
        this.target = target;
        run("proxy-accept", this::accept);
    }

    /** Where clients find it. */
    public int port() {
        return listener.getLocalPort();
    }

    /** Connections that come from now on lead to another port; one where nobody listens refuses them. */
    public void leadTo(int port) {
        target = port;
    }

    /** Connections that are open. */
    public int connections() {
        return links.size();
    }

    /** Cuts all connections that are open. */
    public void cut() {
        links.forEach(Link::close);
    }

    /** Each connection, also of those to come, is cut when the client has sent so many bytes more on it. */
    public void cutRequestsAfter(long bytes) {
        requestBytes = bytes;
        links.forEach(link -> link.requests.set(bytes));
    }

    /** Each connection, also of those to come, is cut when the server has sent so many bytes more on it. */
    public void cutAnswersAfter(long bytes) {
        answerBytes = bytes;
        links.forEach(link -> link.answers.set(bytes));
    }

    /** Connections are cut no longer after some bytes. */
    public void spare() {
        cutRequestsAfter(NEVER);
        cutAnswersAfter(NEVER);
    }

    /**
     * Cuts the connection on which the next statement comes that has this text in it, before the server gets it.
     *
     * @return completes when the connection is cut
     */
    public CompletableFuture<Void> cutBefore(String statement) {
        return set(statement, Moment.BEFORE);
    }

    /**
     * Cuts the connection on which the next statement comes that has this text in it, after the server has got it and all
     * that the client sent along with it, and before any answer.
     *
     * @return completes when the server has done it and has let go of the connection
     */
    public CompletableFuture<Void> cutAfter(String statement) {
        return set(statement, Moment.AFTER);
    }

    private CompletableFuture<Void> set(String text, Moment moment) {
        CompletableFuture<Void> sprung = new CompletableFuture<>();
        trap.set(new Trap(text, moment, sprung));
        return sprung;
    }

    /** Nothing passes in either direction until {@link #release}, and yet no connection ends: a network that swallows. */
    public void hold() {
        synchronized (gate) {
            held = true;
        }
    }

    /** What was held goes on. */
    public void release() {
        synchronized (gate) {
            held = false;
            gate.notifyAll();
        }
    }

    /** How many are held at present: connections to be opened, and messages. */
    public int waiting() {
        synchronized (gate) {
            return waiting;
        }
    }

    private void pass() throws IOException {
        synchronized (gate) {
            waiting++;
            try {
                while (held) {
                    gate.wait();
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            } finally {
                waiting--;
            }
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                run("proxy-connect", () -> connect(client));
            } catch (IOException e) {
                // closed: the loop ends
            }
        }
    }

    private void connect(Socket client) {
        try {
            pass();
            Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
            links.add(link);
            if (listener.isClosed()) {
                link.close();
            }
            run("proxy-requests", link::passRequests);
            run("proxy-answers", link::passAnswers);
        } catch (IOException e) {
            shut(client);
        }
    }

    /** Cuts everything and listens no more. */
    @Override
    public void close() {
        shut(listener);
        release();
        cut();
    }

    private static void run(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void shut(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is shut all the same
        }
    }

    /** One connection. */
    private final class Link {

        private final Socket client;
        private final Socket server;
        /** Of the prepared statements, by name; only the thread of requests looks at it. */
        private final Map<String, String> texts = new HashMap<>();

        private boolean drained;
        private final Allowance requests = new Allowance(requestBytes);
        private final Allowance answers = new Allowance(answerBytes);
        private volatile boolean mute;
        private @Nullable Trap springing;

        Link(Socket client, Socket server) throws IOException {
            this.client = client;
            this.server = server;
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        }

        /** From the client to the server, message by message. */
        void passRequests() {
            try {
                DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream()));
                OutputStream out = new BufferedOutputStream(server.getOutputStream());
                byte[] first;
                do {
                    first = begin(in);
                    forward(first, out);
                } while (asksForEncryption(first));
                while (true) {
                    byte[] message = message(in);
                    if (!examine(message)) {
                        return;
                    }
                    forward(message, out);
                    if (springing != null && (message[0] == 'S' || message[0] == 'Q')) {
                        letGo(springing);
                        return;
                    }
                }
            } catch (IOException e) {
                // either side is gone
            } finally {
                close();
            }
        }

        /** The first message has no type. */
        private byte[] begin(DataInputStream in) throws IOException {
            int length = in.readInt();
            return whole(ByteBuffer.allocate(length).putInt(length), in);
        }

        /** Which the server of the tests declines; the client then begins once more. */
        private static boolean asksForEncryption(byte[] first) {
            int code = ByteBuffer.wrap(first).getInt(Integer.BYTES);
            return code == SSL_REQUEST || code == GSS_REQUEST;
        }

        private byte[] message(DataInputStream in) throws IOException {
            byte type = in.readByte();
            int length = in.readInt();
            return whole(ByteBuffer.allocate(1 + length).put(type).putInt(length), in);
        }

        private static byte[] whole(ByteBuffer begun, DataInputStream in) throws IOException {
            in.readFully(begun.array(), begun.position(), begun.remaining());
            return begun.array();
        }

        /** Looks for the trapped statement; false if the connection was cut before it. */
        private boolean examine(byte[] message) {
            Trap set = trap.get();
            if (!isTrapped(message, set) || !trap.compareAndSet(set, null)) {
                return true;
            }
            if (set.moment() == Moment.BEFORE) {
                close();
                set.sprung().complete(null);
                return false;
            }
            mute = true;
            springing = set;
            return true;
        }

        /** Whether it executes the statement. Only a Parse or a Query has a text; a Bind has the name given in the Parse. */
        private boolean isTrapped(byte[] message, @Nullable Trap set) {
            switch (message[0]) {
                case 'Q':
                    return set != null && string(message, 5).contains(set.text());
                case 'P':
                    String name = string(message, 5);
                    texts.put(name, string(message, 6 + length(name)));
                    return false;
                case 'B':
                    String portal = string(message, 5);
                    String text = texts.getOrDefault(string(message, 6 + length(portal)), "");
                    return set != null && text.contains(set.text());
                default:
                    return false;
            }
        }

        private void forward(byte[] bytes, OutputStream out) throws IOException {
            pass();
            int length = requests.take(bytes.length);
            out.write(bytes, 0, length);
            out.flush();
            if (requests.isUsedUp()) {
                throw new EOFException();
            }
        }

        /** The client hears nothing any more; the server reads what it was sent to the end, then ends its side. */
        private void letGo(Trap set) throws IOException {
            shut(client);
            server.shutdownOutput();
            synchronized (this) {
                try {
                    while (!drained) {
                        wait();
                    }
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            set.sprung().complete(null);
        }

        /** From the server to the client, byte by byte. */
        void passAnswers() {
            try {
                InputStream in = server.getInputStream();
                OutputStream out = client.getOutputStream();
                byte[] piece = new byte[64 * 1024];
                for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                    if (mute) {
                        continue;
                    }
                    pass();
                    int length = answers.take(read);
                    out.write(piece, 0, length);
                    if (answers.isUsedUp()) {
                        break;
                    }
                }
            } catch (IOException e) {
                // either side is gone
            } finally {
                if (!mute) {
                    close();
                }
                synchronized (this) {
                    drained = true;
                    notifyAll();
                }
            }
        }

        void close() {
            shut(client);
            shut(server);
            links.remove(this);
        }
    }

    /** How many bytes may still pass in one direction; a thread of the test sets it while the thread of a link takes. */
    private static final class Allowance {

        private long left;

        Allowance(long bytes) {
            left = bytes;
        }

        synchronized void set(long bytes) {
            left = bytes;
        }

        /** Takes as many of those wanted as are left. Taken before they pass: an allowance set later is for later bytes. */
        synchronized int take(int wanted) {
            int taken = (int) Math.min(wanted, left);
            left -= left == NEVER ? 0 : taken;
            return taken;
        }

        synchronized boolean isUsedUp() {
            return left == 0;
        }
    }

    /** The text of a field that ends with a zero byte. */
    private static String string(byte[] message, int begin) {
        int end = begin;
        while (message[end] != 0) {
            end++;
        }
        return new String(message, begin, end - begin, StandardCharsets.UTF_8);
    }

    private static int length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
