package dev.sluice.dispatch;

import dev.sluice.job.Job;
import reactor.core.publisher.Mono;

/** What a node does under one claim: an attempt of a job, or a check on a parked one. */
interface Held {

    /** The job as it was claimed. */
    Job claimed();

    /** Completes when the outcome is recorded or no longer needs to be; never with an error. */
    Mono<Void> run();

    /** The backend reported progress. For any thread. */
    void beat();

    /** Ends it at whatever stage it is; the first reason counts. For any thread. */
    void abort(Reason why);

    /** Why it is ended from outside. */
    enum Reason {
        /** The job was cancelled: there is nothing to record. */
        CANCELLED,
        /** The job has failed at its deadline: there is nothing to record. */
        OVERDUE,
        /** The lease was lost: this node may not record anything. */
        LOST,
        /** The node stops and the grace has passed: the job is given back. */
        STOPPED
    }
}
