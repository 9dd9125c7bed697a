package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.Metrics;

/** What a gateway's meters say of its jobs. */
final class Kept {

    private Kept() {}

    /** Unfinished jobs of a route, once their number stands still. */
    static long unfinished(Gateway gateway, String route) throws InterruptedException {
        long before = -1;
        long now = count(gateway.metrics(), route);
        while (now != before) {
            Thread.sleep(300); // nothing tells that no more is under way
            before = now;
            now = count(gateway.metrics(), route);
        }
        return now;
    }

    private static long count(Metrics metrics, String route) {
        return (long) (metrics.sum("sluice_queue_depth", "route", route)
                + metrics.sum("sluice_queue_running", "route", route));
    }

    /** Jobs that have ended since the gateway was started. */
    static long finished(Metrics metrics, String route) {
        return (long) metrics.sum("sluice_jobs_finished_total", "route", route);
    }
}
