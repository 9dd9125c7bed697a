package dev.sluice.journal;

import dev.sluice.job.JobResult;
import java.util.function.LongFunction;
import reactor.core.publisher.Flux;

/**
 * What the backend answers or has answered to the latest attempt, as far as it is stored.
 *
 * @param head status and fields
 * @param attempt the number of the attempt
 * @param size the bytes of the body that are stored
 * @param complete whether the answer is the job's result, so that no more will come
 * @param bodyFrom returns the stored body from a byte offset on, read on demand; it ends where {@code size} ends and fails with
 *     {@link JobErasedException} if the job is erased meanwhile
 */
public record Answer(JobResult head, int attempt, long size, boolean complete, LongFunction<Flux<byte[]>> bodyFrom) {}
