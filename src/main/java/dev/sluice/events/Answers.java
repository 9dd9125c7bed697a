package dev.sluice.events;

import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import dev.sluice.waiting.WaitingBytes;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.scheduler.Scheduler;

/** Streams the answers of backends to readers while they arrive, from wherever a reader begins. */
public final class Answers {

    private final JobReader journal;
    private final JobEventMulticaster multicaster;
    private final WaitingBytes waiting;
    private final AnswerReads reads;

    /**
     * Creates one without readers.
     *
     * @param scheduler for the pauses after which a journal that was away is read again
     */
    Answers(JobReader journal, JobEventMulticaster multicaster, WaitingBytes waiting, Scheduler scheduler) {
        this.journal = journal;
        this.multicaster = multicaster;
        this.waiting = waiting;
        this.reads = new AnswerReads(scheduler);
    }

    /** When a reader is sent away. */
    public enum Until {
        /** Not before the answer ends: for one that cannot come back for the rest. */
        END,
        /** Also when the node begins to stop. */
        DRAINING
    }

    /**
     * The answer to an attempt from a byte offset on: what is stored, then what arrives, without a gap and without a repeat.
     * Completes when the whole answer has become the job's result. Errors: {@link BrokenAnswerException} if it will not, or the
     * reader is sent away; {@link SlowReaderException} if the reader takes nothing while memory is short; those of the journal, where
     * one that is unavailable is read again for half a minute.
     * Live parts that a reader does not take at once are bounded, and beyond that read from the journal when it is ready for them.
     * Signals on threads of the journal and of the events, which must not be blocked.
     */
    public Flux<AnswerPart> follow(JobId job, int attempt, long from, Until until) {
        return Flux.defer(() -> {
            AnswerReader reader = new AnswerReader(journal, reads, job, attempt, from, until);
            return Flux.<AnswerReader>create(
                            sink -> {
                                reader.open(sink, waiting);
                                multicaster.add(reader);
                                sink.onDispose(() -> {
                                    multicaster.remove(reader);
                                    reader.close();
                                });
                                reader.catchUp();
                                if (multicaster.isDisconnecting()) {
                                    reader.disconnect();
                                }
                            },
                            FluxSink.OverflowStrategy.LATEST)
                    .concatMap(AnswerReader::next, 1)
                    .takeUntilOther(reader.sentAway())
                    .concatWith(reader.reason());
        });
    }
}
