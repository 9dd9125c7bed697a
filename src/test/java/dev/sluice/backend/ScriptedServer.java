package dev.sluice.backend;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** A backend that says exactly the bytes a test wants it to say, a thread for each connection. */
public final class ScriptedServer implements AutoCloseable {

    /** What the server does with one connection, which is closed when it returns. */
    @FunctionalInterface
    public interface Script {
        void serve(Conversation conversation) throws Exception;
    }

    private final ServerSocket server;
    private final Script script;
    private final @Nullable SSLContext tls;
    private final boolean mutual;
    private final Thread accepting;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    public final AtomicInteger connections = new AtomicInteger();
    public final List<String> heads = new CopyOnWriteArrayList<>();
    public final List<Throwable> failures = new CopyOnWriteArrayList<>();

    public ScriptedServer(Script script) throws IOException {
        this(script, null, false);
    }

    /**
     * Makes a server.
     *
     * @param tls what it is known by; null for plain connections
     * @param mutual whether it asks for the client's certificate, too
     */
    ScriptedServer(Script script, @Nullable SSLContext tls, boolean mutual) throws IOException {
        this.server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        this.script = script;
        this.tls = tls;
        this.mutual = mutual;
        this.accepting = start(this::accept);
    }

    /** Answers every request on every connection with these bytes. */
    static ScriptedServer answering(String answer) throws IOException {
        return new ScriptedServer(conversation -> {
            while (conversation.request() != null) {
                conversation.say(answer);
            }
        });
    }

    public int port() {
        return server.getLocalPort();
    }

    public String uri() {
        return (tls == null ? "http" : "https") + "://127.0.0.1:" + port();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                if (server.isClosed()) { // it was accepted while the listener was being closed
                    socket.close();
                    return;
                }
                sockets.add(socket);
                connections.incrementAndGet();
                start(() -> serve(socket));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            script.serve(new Conversation(socket, tls == null ? socket : secured(socket)));
        } catch (Exception | AssertionError e) {
            failures.add(e);
        } finally {
            sockets.remove(socket);
        }
    }

    private Socket secured(Socket socket) throws IOException {
        SSLSocket secured = (SSLSocket) tls.getSocketFactory().createSocket(socket, null, true);
        secured.setNeedClientAuth(mutual);
        return secured;
    }

    private static Thread start(Runnable task) {
        Thread thread = new Thread(task, "scripted-server");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** The system goes on accepting connections after the listener was closed, until the thread that accepts them notices. */
    private void stopListening() throws IOException {
        server.close();
        try {
            accepting.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        stopListening();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** One connection. */
    public final class Conversation {
        public final Socket socket;
        private final Socket spoken;
        public final InputStream in;
        public final OutputStream out;

        Conversation(Socket socket, Socket spoken) throws IOException {
            this.socket = socket;
            this.spoken = spoken;
            this.in = new BufferedInputStream(spoken.getInputStream(), 64 * 1024);
            this.out = spoken.getOutputStream();
        }

        /** The server name that the client asked for; null without TLS, or if it named none. */
        @Nullable
        String serverName() {
            return spoken instanceof SSLSocket secured
                            && secured.getSession() instanceof ExtendedSSLSession session
                            && !session.getRequestedServerNames().isEmpty()
                    ? ((SNIHostName) session.getRequestedServerNames().get(0)).getAsciiName()
                    : null;
        }

        /** Closes in the way of its protocol; where that is TLS, returning alone just breaks off. */
        public void end() throws IOException {
            spoken.close();
        }

        /** The head of the next request up to the empty line; null if the client has closed the connection. */
        public String head() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            int matched = 0;
            while (matched < 4) {
                int next = in.read();
                if (next < 0) {
                    return null;
                }
                bytes.write(next);
                matched = next == "\r\n\r\n".charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
            }
            String head = bytes.toString(ISO_8859_1);
            heads.add(head);
            return head;
        }

        /** The next request, head and body; null if the client has closed the connection. */
        public String request() throws IOException {
            String head = head();
            return head == null ? null : head + new String(in.readNBytes((int) length(head)), ISO_8859_1);
        }

        public void say(String text) throws IOException {
            out.write(text.getBytes(ISO_8859_1));
            out.flush();
        }

        /** Returns when the client has closed the connection; what it still says is dropped. */
        public void awaitClose() {
            try {
                while (in.read() >= 0) {}
            } catch (IOException e) {
                return; // reset: closed as well
            }
        }

        /** Refuses further connections; those that are open stay so. */
        public void closeServer() throws IOException {
            stopListening();
        }

        /** Closes with a reset instead of an orderly end. */
        public void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }

    /** What a head says of its body's length; 0 if nothing. */
    static long length(String head) {
        return head.lines()
                .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
                .map(line -> Long.parseLong(line.substring(15).strip()))
                .findFirst()
                .orElse(0L);
    }
}
