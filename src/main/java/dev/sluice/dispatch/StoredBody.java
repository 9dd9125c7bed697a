package dev.sluice.dispatch;

import dev.sluice.job.Job;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.StoredRequest;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The body of a stored request, read so that an outage of the journal in the middle of it does not end the call. */
final class StoredBody {

    private final Job job;
    private final StoredRequest request;
    private final AttemptContext.Services services;
    private final AtomicBoolean begun = new AtomicBoolean();

    StoredBody(Job job, StoredRequest request, AttemptContext.Services services) {
        this.job = job;
        this.request = request;
        this.services = services;
    }

    /** The pieces. Where the journal becomes unavailable, the rest is read again; each subscription reads all of it. */
    Flux<byte[]> pieces() {
        return Flux.defer(() -> {
            AtomicLong read = new AtomicLong();
            return Flux.defer(() -> begun.compareAndSet(false, true) ? request.body() : rest(read.get()))
                    .doOnNext(piece -> read.addAndGet(piece.length))
                    .retryWhen(services.recorder().whileAway("request"));
        });
    }

    private Flux<byte[]> rest(long from) {
        return services.journal()
                .request(job.id())
                .switchIfEmpty(Mono.error(() -> new StaleClaimException(job.id()))) // erased, so the job has ended
                .flatMapMany(StoredRequest::body)
                .transform(body -> without(body, from));
    }

    private static Flux<byte[]> without(Flux<byte[]> body, long first) {
        AtomicLong left = new AtomicLong(first);
        return body.handle((piece, sink) -> {
            long skipped = Math.min(left.get(), piece.length);
            left.addAndGet(-skipped);
            if (skipped < piece.length) {
                sink.next(skipped == 0 ? piece : Arrays.copyOfRange(piece, (int) skipped, piece.length));
            }
        });
    }
}
