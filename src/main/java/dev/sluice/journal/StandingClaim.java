package dev.sluice.journal;

import reactor.core.publisher.Mono;

/**
 * A claim that waits for jobs to be accepted; made by {@link WorkQueue#stand}. It ends once: it is taken, or it is withdrawn. For any
 * thread.
 */
public interface StandingClaim {

    /** One that is never taken. */
    StandingClaim NONE = new StandingClaim() {
        @Override
        public Mono<WorkQueue.Claimed> claimed() {
            return Mono.never();
        }

        @Override
        public boolean withdraw() {
            return true;
        }
    };

    /**
     * Completes on the journal's thread when the claim was taken and written. Never completes when it was withdrawn, nor when the
     * journal closes before.
     */
    Mono<WorkQueue.Claimed> claimed();

    /** Takes the claim back; false if it was taken, and then {@link #claimed} completes. Does not block. */
    boolean withdraw();
}
