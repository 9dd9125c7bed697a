package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.Metrics;
import dev.sluice.loadtest.rig.RigException;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;

/** Waits until a gateway has nothing to do, callbacks included. */
final class Settling {

    private static final Duration LONGEST = Duration.ofMinutes(3);
    private static final int TIMES = 3;

    private Settling() {}

    /** Returns when no job is unfinished, or none has got on for three minutes; that is for the accounts to say then. */
    static void await(List<Gateway> gateways) throws InterruptedException {
        await(() -> gateways.stream()
                .mapToDouble(gateway -> unfinished(gateway))
                .max()
                .orElse(0));
    }

    /** The same for the jobs of one route. */
    static void awaitRoute(Gateway gateway, String route) throws InterruptedException {
        await(() -> unfinished(gateway, "route", route));
    }

    private static void await(DoubleSupplier unfinished) throws InterruptedException {
        double before = -1;
        long since = System.nanoTime();
        int idle = 0;
        while (idle < TIMES && System.nanoTime() - since < LONGEST.toNanos()) {
            double now = unfinished.getAsDouble();
            if (now != before) {
                before = now;
                since = System.nanoTime();
            }
            idle = now == 0 ? idle + 1 : 0;
            Thread.sleep(300); // nothing tells that no more is to come
        }
    }

    private static double unfinished(Gateway gateway, String... labels) {
        try {
            Metrics metrics = gateway.metrics();
            return metrics.sum("sluice_queue_depth", labels) + metrics.sum("sluice_queue_running", labels);
        } catch (RigException e) {
            return Double.MAX_VALUE; // it does not answer now
        }
    }
}
