package dev.sluice.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

class FollowersTest {

    private static final JobIds IDS = new JobIds(Clock.systemUTC());

    private final Followers followers = new Followers(
            new ScriptedJournal().journal(),
            new JobJson("/jobs"),
            new EventsMeters(new SimpleMeterRegistry()),
            Schedulers.immediate());

    private record Knowing(JobId job, long known) implements Follower {

        @Override
        public void tell(JobEvent event, Frame frame) {}

        @Override
        public void lookBack() {}

        @Override
        public void sendAway() {}
    }

    @Test
    void aJobIsComparedByWhatTheLeastOfItsFollowersKnows() {
        JobId job = IDS.next();
        JobId looked = IDS.next();
        followers.add(new Knowing(job, 5));
        followers.add(new Knowing(job, 3));
        followers.add(new Knowing(job, Follower.LOOKING));
        followers.add(new Knowing(looked, Follower.LOOKING));
        assertThat(followers.followed()).containsExactly(entry(job, 3L));
        assertThat(followers.follows(job)).isTrue();
        assertThat(followers.follows(looked)).isTrue();
    }

    @Test
    void whatNobodyFollowsIsNotWanted() {
        JobId job = IDS.next();
        Follower follower = new Knowing(job, 1);
        assertThat(followers.follows(job)).isFalse();
        followers.add(follower);
        followers.remove(follower);
        assertThat(followers.follows(job)).isFalse();
        assertThat(followers.followed()).isEmpty();
    }
}
