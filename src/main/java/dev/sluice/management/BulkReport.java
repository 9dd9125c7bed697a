package dev.sluice.management;

import dev.sluice.job.JobId;
import dev.sluice.representation.ProblemDocument;
import dev.sluice.representation.ProblemException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What was done with the jobs that a filter found. Thread-safe. */
final class BulkReport {

    private static final int MOST_NAMED = 1_000;

    /** What is done with jobs. */
    enum Kind {
        CANCELLED,
        ERASED;

        /** The name of the member that counts them. */
        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Kind kind;
    private final List<String> jobs = new ArrayList<>();
    private long matched;
    private long done;

    BulkReport(Kind kind) {
        this.kind = kind;
    }

    /** A job was found; whether it was done, too. */
    synchronized void add(JobId id, boolean isDone) {
        matched++;
        done += isDone ? 1 : 0;
        if (jobs.size() < MOST_NAMED) {
            jobs.add(id.toString());
        }
    }

    /** The report when all was gone through. */
    byte[] done() {
        return json(null);
    }

    /** The report when it ended before that; the error itself if nothing was done. */
    synchronized Mono<byte[]> stopped(ProblemException why) {
        return done == 0 ? Mono.error(why) : Mono.just(json(why));
    }

    private synchronized byte[] json(@Nullable ProblemException why) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("matched", matched);
        members.put(kind.text(), done);
        members.put("jobs", jobs);
        if (why != null) {
            members.put("stopped", ProblemDocument.of(why.failure()));
        }
        return ManagementJson.of(members);
    }
}
