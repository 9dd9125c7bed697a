package dev.sluice.loadtest.rig;

import java.net.URI;
import java.util.Optional;

/**
 * What the gateway calls.
 *
 * @param base its URL
 * @param process empty if it is somebody's own
 */
public record Backend(URI base, Optional<Started> process) {

    /**
     * What the demo backend has counted.
     *
     * @param calls all calls
     * @param jobs distinct jobs among them
     * @param doubled jobs that were called more than once
     */
    public record Calls(long calls, long jobs, long doubled) {

        public Calls since(Calls before) {
            return new Calls(calls - before.calls, jobs - before.jobs, doubled - before.doubled);
        }
    }

    /** What it has counted so far; empty if it is not the demo backend of this run. */
    public Optional<Calls> calls() {
        return process.map(started -> {
            String answer = Http.get(base.resolve("/demo/calls"));
            return new Calls(Http.number(answer, "calls"), Http.number(answer, "jobs"), Http.number(answer, "doubled"));
        });
    }
}
