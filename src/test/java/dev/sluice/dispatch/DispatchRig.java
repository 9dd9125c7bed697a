package dev.sluice.dispatch;

import dev.sluice.job.JobIds;
import dev.sluice.job.JobTokens;
import dev.sluice.queue.QueueRig;
import dev.sluice.representation.JobLinks;
import dev.sluice.route.Route;
import dev.sluice.waiting.WaitingBytes;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The queue and the dispatching on a journal in memory and a scripted backend, put together as the configuration does. */
final class DispatchRig implements AutoCloseable {

    final QueueRig queue;
    final FakeBackend backend = new FakeBackend();
    final Scheduler scheduler = Schedulers.newParallel("sluice-dispatch", 2, true);
    final DispatchLifecycle lifecycle;

    DispatchRig(Duration grace, Route... routes) {
        this(new QueueRig(routes), grace, routes);
    }

    final WaitingBytes waiting = new WaitingBytes(Long.MAX_VALUE / 2, System::nanoTime, Runnable::run);

    DispatchRig(QueueRig queue, Duration grace, Route... routes) {
        this.queue = queue;
        JobTokens tokens = new JobTokens(queue.journal.secret());
        ReportUrls urls = new ReportUrls(() -> "http://gateway:8080/behind", new JobLinks("/jobs"), tokens);
        AttemptContext.Services services = new AttemptContext.Services(
                queue.journal,
                backend,
                queue.recorder,
                queue.estimator,
                queue.protections,
                new BodyBytes(waiting),
                urls,
                queue.resumer::due,
                new LateDeletes(
                        new OperationDeletes(queue.routes, new JobIds(queue.clock)),
                        queue.journal,
                        queue.journal,
                        queue.recorder),
                queue.clock.instant(),
                queue.clock,
                scheduler);
        RouteLanes lanes = new RouteLanes(
                queue.queue,
                route -> new AttemptContext(route.call(), new DispatchMeters(queue.registry, route.id()), services));
        queue.routes.follow(lanes::follow);
        Dispatcher dispatcher = new Dispatcher(lanes, queue.keeper, queue.journal, queue.meters, scheduler);
        lifecycle = new DispatchLifecycle(queue.claimer, queue.keeper, queue.resumer, dispatcher, grace);
    }

    DispatchRig start() {
        lifecycle.start();
        return this;
    }

    /** Begins to stop. */
    CountDownLatch stop() {
        CountDownLatch stopped = new CountDownLatch(1);
        lifecycle.stop(stopped::countDown);
        return stopped;
    }

    static boolean await(CountDownLatch latch) {
        try {
            return latch.await(QueueRig.LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    double count(String meter, String... tags) {
        return queue.count(meter, tags);
    }

    @Override
    public void close() {
        queue.journal.recover();
        if (lifecycle.isRunning()) {
            await(stop());
        }
        queue.close();
        scheduler.dispose();
    }
}
