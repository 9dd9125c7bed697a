package dev.sluice.callbacks;

import dev.sluice.job.Group;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobSpec;
import dev.sluice.job.KeyedHash;
import dev.sluice.job.ResultInfo;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.NewJob;
import dev.sluice.representation.GroupJson;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JsonWriter;
import dev.sluice.route.Route;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Makes the deliveries of the callbacks that jobs and groups asked for. The message is what their status shows at the end, and is
 * stored with the delivery, so that it is told even when the job is gone. The caller of a delivery, by which deliveries are kept
 * apart from each other, is its receiver.
 */
final class CallbackFollowUps implements FollowUps {

    /** A longer media type tells nobody anything. */
    private static final int LONGEST_TYPE = 1_000;

    private static final KeyedHash RECEIVERS = new KeyedHash(new byte[32], "receiver");

    private final Route route;
    private final LongFunction<JobId> ids;
    private final JobJson jobs;
    private final GroupJson groups;

    CallbackFollowUps(Route route, JobIds ids, JobJson jobs, GroupJson groups) {
        this.route = route;
        this.ids = ids::at;
        this.jobs = jobs;
        this.groups = groups;
    }

    @Override
    public List<FollowUp> of(Job before, Job ended) {
        String callback = ended.spec().callback();
        if (callback == null) {
            return List.of();
        }
        Instant at = Objects.requireNonNull(ended.finishedAt());
        String type = "job." + ended.state().text();
        return List.of(delivery(callback, ended.id().toString(), at, message(type, at, jobs.job(shown(ended)))));
    }

    @Override
    public List<FollowUp> of(Group finished) {
        String callback = finished.spec().callback();
        if (callback == null) {
            return List.of();
        }
        Instant at = Objects.requireNonNull(finished.finishedAt());
        byte[] message = message("group.finished", at, groups.group(finished, null));
        return List.of(delivery(callback, finished.id().toString(), at, message));
    }

    @Override
    public boolean mayFollow(Group.Spec group) {
        return group.callback() != null;
    }

    private FollowUp delivery(String url, String of, Instant at, byte[] message) {
        JobId id = ids.apply(at.toEpochMilli());
        long receiver = RECEIVERS.of(Receivers.server(URI.create(url)));
        JobSpec spec = JobSpec.builder(
                        Instant.ofEpochMilli(id.millis()),
                        route.call().retry().attempts(),
                        route.admission().keep())
                .caller(receiver)
                .turn(receiver)
                .build();
        Headers fields = Headers.of("Content-Type", "application/json", "User-Agent", "Sluice", Signer.ID, "msg_" + of);
        JobRequest request = new JobRequest("POST", url, fields, JobRequest.Origin.GATEWAY);
        return new FollowUp(new NewJob(id, route.id(), spec, spec.acceptedAt(), request, Headers.NONE, null), message);
    }

    private static byte[] message(String type, Instant at, byte[] data) {
        return new JsonWriter()
                .begin()
                .member("type", type)
                .member("timestamp", at)
                .member("data", data)
                .end()
                .bytes();
    }

    /** The job with nothing in it that is longer than a message may be. */
    private static Job shown(Job ended) {
        @Nullable ResultInfo result = ended.result();
        String type = result == null ? null : result.contentType();
        if (result == null || type == null || type.length() <= LONGEST_TYPE) {
            return ended;
        }
        ResultInfo without = new ResultInfo(result.status(), null, result.size());
        return new Job(
                ended.id(),
                ended.route(),
                ended.order(),
                ended.spec(),
                ended.status().toBuilder().result(without).build());
    }
}
