package dev.sluice;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for servers that are started later, or never. They are below those that the system hands out by itself: such a one may
 * be taken by a connection of another test before the server is started.
 */
public final class FreePorts {

    private static final int LEAST = 20_000;
    private static final int MOST = 32_000;
    private static final int TRIES = 1_000;

    private FreePorts() {}

    /** A port of the loopback address on which nobody listens. */
    public static int next() throws IOException {
        for (int i = 1; ; i++) {
            int port = ThreadLocalRandom.current().nextInt(LEAST, MOST);
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (IOException taken) {
                if (i == TRIES) {
                    throw taken;
                }
            }
        }
    }
}
