package dev.sluice.dispatch;

import dev.sluice.job.Awaiting;
import dev.sluice.job.Group;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobState;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.NewJob;
import dev.sluice.route.CallPolicy.Following;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * Deletes the operation that was followed for a job when that is cancelled, to be erased or not, where the route says so: by a job
 * of the same route, so that it is done even if this node dies, or the backend is away. It carries the fields that the route adds to
 * requests, and nothing of the client's, whose credentials have gone with its job.
 */
final class OperationDeletes implements FollowUps {

    private final CurrentRoutes routes;
    private final JobIds ids;

    OperationDeletes(CurrentRoutes routes, JobIds ids) {
        this.routes = routes;
        this.ids = ids;
    }

    @Override
    public List<FollowUp> of(Job before, Job ended) {
        return ended.state() == JobState.CANCELLED && before.awaiting() instanceof Awaiting.Operation operation
                ? of(ended.route(), operation, Objects.requireNonNull(ended.finishedAt()))
                : List.of();
    }

    /** Returns the job that deletes the operation of a cancelled one, or none if the route does not say so. */
    List<FollowUp> of(String id, Awaiting.Operation operation, Instant at) {
        return routes.byId(id)
                .filter(route -> route.call().following() == Following.POLL_AND_DELETE)
                .map(route -> List.of(delete(route, operation.url(), at)))
                .orElse(List.of());
    }

    @Override
    public List<FollowUp> ofForgotten(Job before, Job ended) {
        return of(before, ended);
    }

    @Override
    public boolean mayFollow(Group.Spec group) {
        return false;
    }

    private FollowUp delete(Route route, String url, Instant at) {
        JobId id = ids.at(at.toEpochMilli());
        JobSpec spec = JobSpec.builder(
                        Instant.ofEpochMilli(id.millis()),
                        route.call().retry().attempts(),
                        route.admission().keep())
                .build();
        JobRequest request = new JobRequest("DELETE", url, Headers.NONE, JobRequest.Origin.GATEWAY);
        return new FollowUp(
                new NewJob(id, route.id(), spec, spec.acceptedAt(), request, Headers.NONE, null), new byte[0]);
    }
}
