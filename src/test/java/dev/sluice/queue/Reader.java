package dev.sluice.queue;

import dev.sluice.job.Job;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** Reads a route's jobs as a test asks for them. */
final class Reader extends BaseSubscriber<Job> {

    final List<Job> jobs = new CopyOnWriteArrayList<>();
    volatile boolean completed;
    volatile Throwable error;

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        // asks for nothing by itself
    }

    @Override
    protected void hookOnNext(Job job) {
        jobs.add(job);
    }

    @Override
    protected void hookOnComplete() {
        completed = true;
    }

    @Override
    protected void hookOnError(Throwable thrown) {
        error = thrown;
    }
}
