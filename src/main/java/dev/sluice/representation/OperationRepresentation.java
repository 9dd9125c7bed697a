package dev.sluice.representation;

import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The job as a long-running operation in the words of Azure's guidelines for REST APIs, as section 4.1 of the HTTP contract
 * describes it. Only the status differs from the gateway's own representation, and has no tag: pollers of operations send no
 * conditional requests.
 */
final class OperationRepresentation extends SluiceRepresentation {

    OperationRepresentation(JobJson json) {
        super(json);
    }

    @Override
    public @Nullable String entityTag(Job job) {
        return null;
    }

    @Override
    public RenderedResponse status(JobView view) {
        Job job = view.job();
        JsonWriter json = new JsonWriter()
                .begin()
                .plain("id", job.id().toString())
                .plain("status", status(job))
                .member("createdDateTime", job.spec().acceptedAt())
                .member("lastActionDateTime", lastActionAt(job));
        if (job.state() == JobState.SUCCEEDED) {
            json.member("percentComplete", 100);
        } else if (job.progress() != null && job.progress().percent() != null) {
            json.member("percentComplete", job.progress().percent().longValue()); // pollers read a whole number
        }
        if (job.result() != null) {
            json.member("resourceLocation", view.origin() + links(view).result(job.id()));
        }
        if (job.state() == JobState.FAILED && job.failure() != null) {
            json.begin("error")
                    .member("code", job.failure().problem().text())
                    .member("message", job.failure().detail())
                    .end();
        }
        return current(200, view).json(json.end().bytes());
    }

    /** A job that waits for another attempt is not shown as if it had never started. */
    private static String status(Job job) {
        return switch (job.state()) {
            case QUEUED -> job.startedAt() == null ? "NotStarted" : "Running";
            case RUNNING -> "Running";
            case SUCCEEDED -> "Succeeded";
            case FAILED -> "Failed";
            case CANCELLED -> "Canceled";
        };
    }

    private static Instant lastActionAt(Job job) {
        if (job.finishedAt() != null) {
            return job.finishedAt();
        }
        return job.startedAt() != null ? job.startedAt() : job.spec().acceptedAt();
    }
}
