package dev.sluice.events;

import dev.sluice.job.Estimate;
import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Output;
import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.ResultInfo;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Jobs, events and problems as JSON in UTF-8, on one line. Members that do not apply are left out; instants are UTC with
 * milliseconds. For any thread.
 */
public final class JobJson {

    private final String prefix;
    private final String jobsPath;

    /**
     * Makes a writer.
     *
     * @param jobsPath where jobs are served, such as {@code /jobs}: visible ASCII without quotes and backslashes
     */
    public JobJson(String jobsPath) {
        this("", jobsPath);
    }

    private JobJson(String prefix, String jobsPath) {
        this.prefix = prefix;
        this.jobsPath = jobsPath;
    }

    /**
     * A writer whose links are right behind a proxy that takes a prefix away.
     *
     * @param before the prefix, in the characters of a jobs' path; empty for none
     */
    public JobJson behind(String before) {
        return before.equals(prefix) ? this : new JobJson(before, jobsPath);
    }

    /** Whether its links differ from those that most readers are shown. */
    boolean isBehindPrefix() {
        return !prefix.isEmpty();
    }

    /** Where a job is served. */
    public String self(JobId job) {
        return prefix + jobsPath + "/" + job;
    }

    /** The job as it stood when nothing is known of the queue. */
    public byte[] job(Job job) {
        return job(job, 0, null);
    }

    /**
     * The job as its status monitor shows it.
     *
     * @param position the how many-th it is in its queue, from 1; 0 if it does not wait its turn
     * @param estimate when it is expected to start and finish as things are now, if that is known
     */
    public byte[] job(Job job, long position, @Nullable Estimate estimate) {
        JsonWriter json = new JsonWriter().begin();
        members(json, job, position, estimate);
        return json.end().bytes();
    }

    /** As {@link #job(Job, long, Estimate)}, and whether it lacks credentials that the job it repeats had. */
    public byte[] redriven(Job job, long position, @Nullable Estimate estimate, boolean withoutCredentials) {
        JsonWriter json = new JsonWriter().begin();
        members(json, job, position, estimate);
        if (withoutCredentials) {
            json.member("withoutCredentials", true);
        }
        return json.end().bytes();
    }

    /**
     * The job as a long-running operation, in the words of Azure's guidelines for REST APIs.
     *
     * @param origin scheme and authority that stand before a path where the client sees it, such as
     *     {@code https://gateway.example}; empty if they are not known
     */
    public byte[] operation(Job job, String origin) {
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
            json.member("resourceLocation", origin + self(job.id()) + "/result");
        }
        if (job.state() == JobState.FAILED && job.failure() != null) {
            json.begin("error")
                    .member("code", job.failure().problem().text())
                    .member("message", job.failure().detail())
                    .end();
        }
        return json.end().bytes();
    }

    /** One that is to be tried again is not said to be as if it had never begun. */
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

    /** The data of an event: always {@code job}, {@code seq} and {@code at}, then what belongs to its kind. */
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

    /** The data of a gap: the events from one number to another are not told. */
    static byte[] gap(JobId job, long from, long to, Instant at) {
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

    /** A problem document of RFC 9457. */
    public static byte[] problem(Problem problem, String detail) {
        return problem(new Failure(problem, detail));
    }

    /** As {@link #problem(Problem, String)}. */
    public static byte[] problem(Failure failure) {
        JsonWriter json = new JsonWriter().begin();
        problem(json, failure);
        return json.end().bytes();
    }

    private void members(JsonWriter json, Job job, long position, @Nullable Estimate estimate) {
        String id = job.id().toString();
        json.plain("id", id)
                .member("route", job.route())
                .member("state", job.state().text())
                .member("acceptedAt", job.spec().acceptedAt())
                .member("attempt", job.attempt())
                .member("maxAttempts", job.spec().maxAttempts());
        if (job.spec().redriveOf() != null) {
            json.plain("redriveOf", job.spec().redriveOf().toString());
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
                .plain("self", prefix, jobsPath, "/", id)
                .plain("events", prefix, jobsPath, "/", id, "/events")
                .plain("result", prefix, jobsPath, "/", id, "/result")
                .end();
    }

    private static void estimate(JsonWriter json, Estimate estimate) {
        json.begin("estimate")
                .member("startAt", estimate.startAt())
                .member("finishAt", estimate.finishAt())
                .end();
    }

    private static void output(JsonWriter json, Output output) {
        json.member(output.text() ? "text" : "base64", output.content());
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
        problem(json, failure);
        json.end();
    }

    private static void problem(JsonWriter json, Failure failure) {
        Problem problem = failure.problem();
        json.member("type", problem.type())
                .member("title", problem.title())
                .member("status", problem.status())
                .member("detail", failure.detail())
                .member("retryable", failure.retryable());
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
