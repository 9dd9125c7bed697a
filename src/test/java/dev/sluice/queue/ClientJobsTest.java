package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobIds;
import dev.sluice.job.KeyedHash;
import dev.sluice.journal.Draft;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClientJobsTest {

    private final Route route =
            Routes.route("r", "/r", "http://localhost:1", "rate-limit.by=header:X-Key", "rate-limit.in-flight=3");
    private final Route byAddress =
            Routes.route("ip", "/ip", "http://localhost:1", "rate-limit.by=ip", "rate-limit.in-flight=3");
    private final Route free = Routes.route("free", "/free", "http://localhost:1");
    private final QueueRig rig = new QueueRig(route, byAddress, free);
    private final JobIds ids = new JobIds(Clock.systemUTC());
    private final ClientJobs jobs = new ClientJobs(rig.journal, new KeyedHash(new byte[32], "client"));
    private final long ann = jobs.client(route, "ann");
    private final long bob = jobs.client(route, "bob");

    @AfterEach
    void close() {
        rig.close();
    }

    private void accepted(long client) {
        Draft draft = new Draft(ids.next(), Instant.now()).route("r").client(client);
        rig.journal.append(draft.job(), draft.body()).block(QueueRig.LIMIT);
    }

    @Test
    void aClientHasAsManyAsItsRouteAllows() {
        accepted(ann);
        assertThat(jobs.tryEnter(route, ann)).isTrue();
        assertThat(jobs.tryEnter(route, ann)).isTrue();
        assertThat(jobs.tryEnter(route, ann)).as("one waits, two are under way").isFalse();
        assertThat(jobs.tryEnter(route, bob)).as("another client").isTrue();

        accepted(ann);
        jobs.leave(route, ann);
        assertThat(jobs.tryEnter(route, ann)).as("two wait, one is under way").isFalse();
        jobs.leave(route, ann);
        assertThat(jobs.tryEnter(route, ann)).as("two wait").isTrue();
    }

    @Test
    void clientsAreToldApartAsByTheRateLimit() {
        assertThat(ann).isNotZero().isNotEqualTo(bob).isEqualTo(jobs.client(route, "ann"));
        assertThat(jobs.client(byAddress, "2001:db8::1"))
                .isEqualTo(jobs.client(byAddress, "2001:db8::ffff"))
                .isNotEqualTo(jobs.client(byAddress, "2001:db8:0:1::1"));
        assertThat(jobs.client(free, "ann")).isZero();
        assertThat(new ClientJobs(rig.journal, new KeyedHash(new byte[] {1}, "client")).client(route, "ann"))
                .as("under another secret")
                .isNotEqualTo(ann);
        assertThat(jobs.tryEnter(free, 0)).isTrue();
    }

    @Test
    void neverMoreWhateverRaces() throws InterruptedException {
        AtomicInteger entered = new AtomicInteger();
        Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                for (int i = 0; i < 50; i++) {
                    if (jobs.tryEnter(route, ann)) {
                        entered.incrementAndGet();
                        accepted(ann);
                        jobs.leave(route, ann);
                    }
                }
            });
            threads[t].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(entered).hasValue(3);
    }
}
