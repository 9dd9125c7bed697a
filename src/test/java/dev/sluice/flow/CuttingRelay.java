package dev.sluice.flow;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between readers and a gateway and cuts each reader's first connection right behind a text of the answer. A
 * reader is known by the target of its first request.
 */
final class CuttingRelay implements AutoCloseable {

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final URI gateway;
    private final String text;

    CuttingRelay(String gateway, String text) throws IOException {
        this.gateway = URI.create(gateway);
        this.text = text;
        run(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    /** The readers whose connection was cut, or is to be cut yet. */
    Set<String> known() {
        return known;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket reader = listener.accept();
                sockets.add(reader);
                run(() -> serve(reader));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket reader) {
        try (reader;
                Socket server = new Socket(gateway.getHost(), gateway.getPort())) {
            sockets.add(server);
            byte[] piece = new byte[16 * 1024];
            int length = reader.getInputStream().read(piece);
            if (length < 0) {
                return;
            }
            String request = new String(piece, 0, length, StandardCharsets.ISO_8859_1);
            boolean cut = known.add(request.substring(0, request.indexOf('\r')));
            server.getOutputStream().write(piece, 0, length);
            run(() -> pass(reader, server, false));
            pass(server, reader, cut);
        } catch (IOException e) {
            // nobody is there, or either side is gone
        } finally {
            sockets.remove(reader);
        }
    }

    private void pass(Socket from, Socket to, boolean cut) {
        StringBuilder seen = new StringBuilder();
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] piece = new byte[16 * 1024];
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                int before = seen.length();
                int end = -1;
                if (cut) {
                    seen.append(new String(piece, 0, read, StandardCharsets.ISO_8859_1));
                    end = seen.indexOf(text);
                }
                out.write(piece, 0, end < 0 ? read : end + text.length() - before);
                if (end >= 0) {
                    return;
                }
            }
        } catch (IOException e) {
            // either side is gone
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private static void run(Runnable work) {
        Thread thread = new Thread(work, "cutting-relay");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Closeable socket : sockets) {
            socket.close();
        }
    }
}
