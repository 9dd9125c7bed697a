package dev.sluice.representation;

import dev.sluice.job.Estimate;
import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Progress;
import dev.sluice.job.ResultInfo;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Encodes jobs and events as JSON in UTF-8, on one line. Members that do not apply are left out; instants are UTC with
 * milliseconds. Immutable.
 */
public final class JobJson {

    private final JobLinks links;

    public JobJson(JobLinks links) {
        this.links = links;
    }

    /** An encoder whose links are those behind a path prefix; see {@link JobLinks#behind}. */
    public JobJson behind(String prefix) {
        return prefix.equals(links.prefix()) ? this : new JobJson(links.behind(prefix));
    }

    /** Whether its links differ from those that most readers are shown. */
    public boolean isBehindPrefix() {
        return !links.prefix().isEmpty();
    }

    JobLinks links() {
        return links;
    }

    /** The job without what depends on the queue. */
    public byte[] job(Job job) {
        return job(job, 0, null);
    }

    /**
     * The job as its status monitor shows it.
     *
     * @param position its position in the queue, from 1; 0 if it is not waiting
     * @param estimate when it is expected to start and finish; null if that is unknown
     */
    public byte[] job(Job job, long position, @Nullable Estimate estimate) {
        JsonWriter json = new JsonWriter().begin();
        members(json, job, position, estimate);
        return json.end().bytes();
    }

    /** As {@link #job(Job, long, Estimate)}, and whether it lacks the credentials of the job that it redrives. */
    public byte[] redriven(Job job, long position, @Nullable Estimate estimate, boolean withoutCredentials) {
        JsonWriter json = new JsonWriter().begin();
        members(json, job, position, estimate);
        if (withoutCredentials) {
            json.member("withoutCredentials", true);
        }
        return json.end().bytes();
    }

    /** The data of an event: {@code job}, {@code seq} and {@code at}, then the members of its type. */
    public byte[] event(JobEvent event) {
        JsonWriter json = new JsonWriter()
                .begin()
                .plain("job", event.job().toString())
                .member("seq", event.seq())
                .member("at", event.at());
        if (event instanceof JobEvent.Accepted accepted) {
            json.member("route", accepted.route());
            if (accepted.estimate() != null) {
                estimate(json, accepted.estimate());
            }
        } else if (event instanceof JobEvent.Started started) {
            json.member("attempt", started.attempt());
        } else if (event instanceof JobEvent.Reported reported) {
            progress(json, reported.progress());
            if (reported.further() != null) {
                json.members(reported.further());
            }
        } else if (event instanceof JobEvent.Emitted emitted) {
            output(json, emitted.output());
        } else if (event instanceof JobEvent.Requeued requeued) {
            json.member("reason", requeued.reason().text()).member("nextAttemptAt", requeued.nextAttemptAt());
            if (requeued.failure() != null) {
                failure(json, requeued.failure());
            }
        } else if (event instanceof JobEvent.Finished finished) {
            members(json, finished.outcome(), 0, null);
        }
        return json.end().bytes();
    }

    /** The data of a gap: the events from one number to another are no longer kept. */
    public static byte[] gap(JobId job, long from, long to, Instant at) {
        return new JsonWriter()
                .begin()
                .plain("job", job.toString())
                .member("seq", to)
                .member("at", at)
                .member("from", from)
                .member("to", to)
                .end()
                .bytes();
    }

    private void members(JsonWriter json, Job job, long position, @Nullable Estimate estimate) {
        String id = job.id().toString();
        json.plain("id", id)
                .member("route", job.route())
                .member("state", job.state().text())
                .member("acceptedAt", job.spec().acceptedAt())
                .member("attempt", job.attempt());
        if (job.tries() != job.attempt()) {
            json.member("tries", job.tries());
        }
        json.member("maxAttempts", job.spec().maxAttempts());
        if (job.spec().redriveOf() != null) {
            json.plain("redriveOf", job.spec().redriveOf().toString());
        }
        if (job.spec().group() != null) {
            json.plain("group", job.spec().group().toString());
        }
        if (position > 0) {
            json.member("position", position);
        }
        if (estimate != null) {
            estimate(json, estimate);
        }
        Progress progress = job.progress();
        if (progress != null && (progress.percent() != null || progress.message() != null)) {
            json.begin("progress");
            progress(json, progress);
            json.end();
        }
        if (job.state() == JobState.QUEUED && job.dueAt().isAfter(job.spec().acceptedAt())) {
            json.member("nextAttemptAt", job.dueAt());
        }
        if (job.startedAt() != null) {
            json.member("startedAt", job.startedAt());
        }
        if (job.finishedAt() != null) {
            json.member("finishedAt", job.finishedAt());
        }
        if (job.failure() != null) {
            failure(json, job.failure());
        }
        if (job.result() != null) {
            result(json, job.result(), job.expiresAt());
        }
        json.begin("links")
                .plain("self", links.prefix(), links.jobsPath(), "/", id)
                .plain("events", links.prefix(), links.jobsPath(), "/", id, "/events")
                .plain("result", links.prefix(), links.jobsPath(), "/", id, "/result")
                .end();
    }

    private static void estimate(JsonWriter json, Estimate estimate) {
        json.begin("estimate").member("startAt", estimate.startAt()).member("finishAt", estimate.finishAt());
        if (estimate.finishBy() != null) {
            json.member("finishBy", estimate.finishBy());
        }
        json.end();
    }

    private static void output(JsonWriter json, Output output) {
        if (output.text()) {
            json.member("text", new String(output.bytes(), StandardCharsets.UTF_8));
        } else {
            json.member("base64", Base64.getEncoder().encodeToString(output.bytes()));
        }
        if (output.attempt() > 0) {
            json.member("attempt", output.attempt()).member("offset", output.offset());
        }
    }

    private static void progress(JsonWriter json, Progress progress) {
        if (progress.percent() != null) {
            json.member("percent", progress.percent().doubleValue());
        }
        if (progress.message() != null) {
            json.member("message", progress.message());
        }
    }

    private static void failure(JsonWriter json, Failure failure) {
        json.begin("failure");
        ProblemDocument.of(failure).writeTo(json);
        json.end();
    }

    private static void result(JsonWriter json, ResultInfo result, @Nullable Instant expiresAt) {
        json.begin("result").member("status", result.status());
        if (result.contentType() != null) {
            json.member("contentType", result.contentType());
        }
        json.member("size", result.size());
        if (expiresAt != null) {
            json.member("expiresAt", expiresAt);
        }
        json.end();
    }
}
