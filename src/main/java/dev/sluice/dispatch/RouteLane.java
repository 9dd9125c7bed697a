package dev.sluice.dispatch;

import dev.sluice.job.Job;
import dev.sluice.queue.JobQueue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/**
 * The attempts of one route. Requests from the queue as many jobs as may run at once, and another one whenever an attempt ends;
 * when the route changes, it requests more or takes requests back, and running attempts are left alone. For any thread.
 */
final class RouteLane {

    private final JobQueue queue;
    private volatile AttemptContext context;
    private volatile Sinks.Empty<Void> ended = Sinks.empty();

    // Guarded by this. What is requested and not received is always the difference of both.
    private int limit;
    private int running;
    private @Nullable Reader reader;

    RouteLane(AttemptContext context, JobQueue queue) {
        this.context = context;
        this.queue = queue;
        this.limit = context.policy().concurrency().perNode();
    }

    /** What the next attempt has. */
    AttemptContext context() {
        return context;
    }

    /** The jobs of the route. The subscriber must request without bounds, and report the {@link #end} of each attempt. */
    Flux<Job> jobs() {
        return Flux.from(subscriber ->
                queue.jobs(context.policy()).subscribe(new Reader((CoreSubscriber<? super Job>) subscriber)));
    }

    /** An attempt of one of the {@link #jobs} has ended. */
    void end() {
        Reader current;
        synchronized (this) {
            running--;
            current = reader;
        }
        if (current != null) {
            current.more(1);
        }
    }

    /** The next attempts have this context. */
    void changed(AttemptContext next) {
        context = next;
        limit(next.policy().concurrency().perNode());
    }

    /** Starts no more jobs, because the route is gone. */
    void retire() {
        limit(0);
    }

    synchronized boolean idle() {
        return running == 0;
    }

    /** Subscribes to the pipeline of this lane. */
    void run(Mono<Void> pipeline) {
        Sinks.Empty<Void> end = Sinks.empty();
        ended = end;
        pipeline.doFinally(signal -> end.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST))
                .subscribe();
    }

    /** Completes when the pipeline has ended and with it all attempts. */
    Mono<Void> ended() {
        return ended.asMono();
    }

    private void limit(int next) {
        Reader current;
        int more;
        synchronized (this) {
            more = next - limit;
            limit = next;
            current = reader;
            queue.changed(context.policy(), current == null ? 0 : Math.max(0, -more));
        }
        if (current != null && more > 0) {
            current.more(more);
        }
    }

    private synchronized int begin(Reader next) {
        reader = next;
        int room = limit - running;
        queue.changed(context.policy(), Math.max(0, -room));
        return room;
    }

    private synchronized void started() {
        running++;
    }

    private synchronized void ended(Reader old) {
        if (reader == old) {
            reader = null;
        }
    }

    /** Passes on the jobs, and requests them as the lane has room for them and not as its subscriber does. */
    private final class Reader implements CoreSubscriber<Job>, Subscription {

        private final CoreSubscriber<? super Job> subscriber;
        private @Nullable Subscription jobs;

        Reader(CoreSubscriber<? super Job> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public Context currentContext() {
            return subscriber.currentContext();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            jobs = subscription;
            subscriber.onSubscribe(this);
            more(begin(this));
        }

        void more(int room) {
            Subscription current = jobs;
            if (room > 0 && current != null) {
                current.request(room);
            }
        }

        @Override
        public void onNext(Job job) {
            started();
            subscriber.onNext(job);
        }

        @Override
        public void onError(Throwable error) {
            ended(this);
            subscriber.onError(error);
        }

        @Override
        public void onComplete() {
            ended(this);
            subscriber.onComplete();
        }

        @Override
        public void request(long unbounded) {}

        @Override
        public void cancel() {
            ended(this);
            Subscription current = jobs;
            if (current != null) {
                current.cancel();
            }
        }
    }
}
