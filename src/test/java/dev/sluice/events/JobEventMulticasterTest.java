package dev.sluice.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

class JobEventMulticasterTest {

    private static final JobIds IDS = new JobIds(Clock.systemUTC());

    private final JobEventMulticaster multicaster = new JobEventMulticaster(
            new ScriptedJournal().journal(),
            new JobJson(new JobLinks("/jobs")),
            new EventsMeters(new SimpleMeterRegistry()),
            Schedulers.immediate());

    private record Knowing(JobId job, long knownSeq) implements JobListener {

        @Override
        public void onEvent(JobEvent event, SseFrame frame) {}

        @Override
        public void catchUp() {}

        @Override
        public void disconnect() {}
    }

    @Test
    void aJobIsComparedByTheLowestNumberItsListenersKnow() {
        JobId job = IDS.next();
        JobId looked = IDS.next();
        multicaster.add(new Knowing(job, 5));
        multicaster.add(new Knowing(job, 3));
        multicaster.add(new Knowing(job, JobListener.CATCHING_UP));
        multicaster.add(new Knowing(looked, JobListener.CATCHING_UP));
        assertThat(multicaster.followed()).containsExactly(entry(job, 3L));
        assertThat(multicaster.follows(job)).isTrue();
        assertThat(multicaster.follows(looked)).isTrue();
    }

    @Test
    void wantsNoEventsWithoutAListener() {
        JobId job = IDS.next();
        JobListener listener = new Knowing(job, 1);
        assertThat(multicaster.follows(job)).isFalse();
        multicaster.add(listener);
        multicaster.remove(listener);
        assertThat(multicaster.follows(job)).isFalse();
        assertThat(multicaster.followed()).isEmpty();
    }
}
