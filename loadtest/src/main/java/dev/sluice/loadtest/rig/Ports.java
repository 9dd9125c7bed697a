package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Free ports of the loopback address, below the range that outgoing connections use, so that none of these takes one. */
final class Ports {

    private static final int FIRST = 20_000;
    private static final int LAST = 32_000;

    private final Set<Integer> given = new HashSet<>();

    /**
     * Returns a port that is free and was not returned before.
     *
     * @throws RigException if none is found
     */
    synchronized int next() {
        for (int tries = 0; tries < 1_000; tries++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            if (!given.contains(port) && free(port)) {
                given.add(port);
                return port;
            }
        }
        throw new RigException("no free port between " + FIRST + " and " + LAST);
    }

    private static boolean free(int port) {
        try (ServerSocket ignored = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return ignored.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
