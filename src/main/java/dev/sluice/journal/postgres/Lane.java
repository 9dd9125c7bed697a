package dev.sluice.journal.postgres;

import dev.sluice.job.Job;

/** The jobs of a route that share a turn: one order in which jobs are claimed. */
record Lane(String route, long turn) {

    static Lane of(Job job) {
        return new Lane(job.route(), job.spec().turn());
    }
}
