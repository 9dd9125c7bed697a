package dev.sluice.journal;

import dev.sluice.job.Job;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Ends claimed jobs, for tests of every package. */
public final class Ends {

    private Ends() {}

    /** Takes the answer in and ends the job with it. */
    public static Mono<Job> finish(WorkQueue journal, Job claimed, Ending ending, Flux<byte[]> body) {
        return journal.receive(claimed, body).flatMap(received -> journal.finish(claimed, ending, received));
    }
}
