package dev.sluice.ingress;

import dev.sluice.job.Failure;
import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.StoredResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Gives a finished job's answer, which is that of its backend: status, end-to-end fields and body, byte for byte. */
final class ResultAnswers {

    private final JobReader journal;
    private final JobAnswers answers;

    ResultAnswers(JobReader journal, JobAnswers answers) {
        this.journal = journal;
        this.answers = answers;
    }

    /** In answer to the request that made the job, with where the job can be looked up later. */
    Mono<Void> direct(Exchange exchange, Job job) {
        String self = answers.self(exchange, job);
        if (job.result() == null) {
            return Mono.error(withoutAnswer(job).with(Fields.LINK, JobAnswers.links(self)));
        }
        return stored(exchange, job).flatMap(result -> {
            HttpHeaders fields = exchange.answer().withFields(result.head().headers(), exchange.prefix());
            fields.add(Fields.LINK, JobAnswers.links(self));
            return exchange.isHead() // the backend was asked for no body, and may have said how long it would have been
                    ? exchange.answer().head(result.head().status(), announced(result))
                    : all(exchange, result);
        });
    }

    private static long announced(StoredResult result) {
        return result.head()
                .headers()
                .first(HttpHeaderNames.CONTENT_LENGTH.toString())
                .filter(length -> !length.isEmpty()
                        && length.length() <= 18
                        && length.chars().allMatch(Character::isDigit))
                .map(Long::parseLong)
                .orElse(-1L);
    }

    /** In answer to a question for the result: conditional, or a part of it, if the client wants that. */
    Mono<Void> show(Exchange exchange, Job job) {
        if (job.result() == null) {
            return Mono.error(withoutAnswer(job));
        }
        return stored(exchange, job).flatMap(result -> {
            HttpHeaders fields = exchange.answer().withFields(result.head().headers(), exchange.prefix());
            fields.remove(Fields.RETRY_AFTER); // it spoke of then
            fields.add(Fields.LINK, "<" + answers.self(exchange, job) + ">; rel=\"status\"");
            if (!fields.contains(Fields.ETAG)) {
                fields.set(Fields.ETAG, "\"" + job.id() + "\"");
            }
            return result.head().status() == 200 ? whole(exchange, fields, result) : all(exchange, result);
        });
    }

    /** Conditions come before ranges (RFC 9110, 13.2.2). */
    private static Mono<Void> whole(Exchange exchange, HttpHeaders fields, StoredResult result) {
        String tag = fields.get(Fields.ETAG);
        if (isUnchanged(exchange, fields, tag)) {
            return exchange.answer().send(304);
        }
        fields.set(Fields.ACCEPT_RANGES, "bytes");
        ByteRange range = exchange.isHead()
                ? ByteRange.WHOLE
                : ByteRange.of(exchange.fields(), tag, fields.get(HttpHeaderNames.LAST_MODIFIED), result.size());
        if (range instanceof ByteRange.Part part) {
            fields.set(Fields.CONTENT_RANGE, part.contentRange());
            return exchange.answer().send(206, part.length(), first(result.body(part.first()), part.length()));
        } else if (range instanceof ByteRange.Unsatisfiable none) {
            return Mono.error(new Refusal(
                            Problem.RANGE_NOT_SATISFIABLE,
                            "The result has " + none.size() + " bytes; ask for a range that begins within them.")
                    .with(Fields.CONTENT_RANGE, none.contentRange()));
        }
        return all(exchange, result);
    }

    /** A date counts where no tag is asked for (RFC 9110, 13.1.3). */
    private static boolean isUnchanged(Exchange exchange, HttpHeaders fields, String tag) {
        List<String> tags = exchange.fields(HttpHeaderNames.IF_NONE_MATCH);
        if (!tags.isEmpty()) {
            return EntityTags.match(tags, tag);
        }
        String since = exchange.field(HttpHeaderNames.IF_MODIFIED_SINCE);
        String modified = fields.get(HttpHeaderNames.LAST_MODIFIED);
        if (since == null || modified == null) {
            return false;
        }
        Instant known = TimeValues.instant(since.strip());
        Instant last = TimeValues.instant(modified.strip());
        return known != null && last != null && !last.isAfter(known);
    }

    private static Mono<Void> all(Exchange exchange, StoredResult result) {
        return exchange.answer().send(result.head().status(), result.size(), result.body());
    }

    /** No more than the first bytes of a body; the rest is not read. */
    private static Flux<byte[]> first(Flux<byte[]> body, long length) {
        return Flux.defer(() -> {
            long[] left = {length};
            return body.map(piece -> {
                        byte[] part = piece.length <= left[0] ? piece : Arrays.copyOf(piece, (int) left[0]);
                        left[0] -= part.length;
                        return part;
                    })
                    .takeUntil(part -> left[0] == 0);
        });
    }

    private Mono<StoredResult> stored(Exchange exchange, Job job) {
        return journal.result(job.id()).publishOn(exchange.loop()).switchIfEmpty(Mono.error(Refusals::expired));
    }

    private static Refusal withoutAnswer(Job job) {
        if (job.state() == JobState.CANCELLED) {
            return new Refusal(Problem.JOB_CANCELLED, "The job was cancelled before the backend had answered.");
        }
        Failure failure = job.failure();
        return failure == null
                ? new Refusal(Problem.INTERNAL_ERROR, "The job ended without an answer and without a reason.")
                : new Refusal(failure);
    }
}
