package dev.sluice.journal.postgres;

import dev.sluice.job.Job;

/** The jobs of a route that share a turn: one order in which jobs are claimed. */
record QueueLane(String route, long turn) {

    static QueueLane of(Job job) {
        return new QueueLane(job.route(), job.spec().turn());
    }
}
