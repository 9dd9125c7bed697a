package dev.sluice.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import dev.sluice.job.Transition;
import dev.sluice.representation.GroupJson;
import dev.sluice.representation.GroupLinks;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import dev.sluice.route.Route;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallbackConfigurationTest {

    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

    private static final JobJson JOBS = new JobJson(new JobLinks("/jobs"));
    private static final GroupJson GROUPS = new GroupJson(new GroupLinks("", "/groups"));

    private final CallbackConfiguration configuration = new CallbackConfiguration();
    private final CallbackProperties none = new CallbackProperties(List.of(), false, List.of(), null);

    /** It was accepted by a node that allows callbacks, or by this one when it still did. */
    @Test
    void aNodeThatAllowsNoCallbacksForgetsNoneOfJobsThatWereAcceptedWithOne() {
        JobSpec spec = JobSpec.builder(NOW, 5, Duration.ofHours(1))
                .callback("https://hooks.example.com/done")
                .build();
        Job queued = new Job(new JobId(1, 2), "r", 1, spec, JobStatus.accepted(NOW));
        Job ended = queued.apply(new Transition.Cancel(), NOW).job();
        assertThat(configuration.callbackFollowUps(none, JOBS, GROUPS).of(queued, ended))
                .hasSize(1);
        assertThat(configuration.callbackRoute(none).route().id()).isEqualTo(Route.CALLBACKS);
    }
}
