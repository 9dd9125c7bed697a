package dev.sluice.ingress.reply;

import dev.sluice.http.HeaderNames;
import dev.sluice.http.HttpDate;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.ByteRange;
import dev.sluice.ingress.header.EntityTags;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.Job;
import dev.sluice.job.Problem;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.StoredResult;
import dev.sluice.representation.JobRepresentation;
import dev.sluice.representation.ProblemException;
import dev.sluice.representation.Representations.Resource;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Instant;
import java.util.List;
import reactor.core.publisher.Mono;

/** Sends the result of a finished job, which is the response of its backend: status, end-to-end fields and body, byte for byte. */
public final class ResultResponses {

    private final JobReader journal;
    private final JobResponses responses;

    public ResultResponses(JobReader journal, JobResponses responses) {
        this.journal = journal;
        this.responses = responses;
    }

    /** Answers the request that made the job, with links to where the job is found later. */
    public Mono<Void> direct(Exchange exchange, Job job) {
        JobRepresentation shown = responses.choose(exchange, job, Resource.ROUTE);
        String link = shown.directLink(JobResponses.view(exchange, job));
        if (job.result() == null) {
            return Mono.error(shown.withoutResult(job).with(HeaderNames.LINK, link));
        }
        return stored(exchange, job).flatMap(result -> {
            HttpHeaders fields = exchange.response().withFields(result.head().headers(), exchange.prefix());
            fields.add(HeaderNames.LINK, link);
            return exchange.isHead() // the backend was asked for no body, and may have said how long it would have been
                    ? exchange.response().head(result.head().status(), announced(result))
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

    /** Answers a request for the result, which may be conditional or for a range. */
    public Mono<Void> show(Exchange exchange, Job job) {
        JobRepresentation shown = responses.choose(exchange, job, Resource.RESULT);
        if (job.result() == null) {
            return Mono.error(shown.withoutResult(job));
        }
        return stored(exchange, job).flatMap(result -> {
            HttpHeaders fields = exchange.response().withFields(result.head().headers(), exchange.prefix());
            fields.remove(HeaderNames.RETRY_AFTER); // it spoke of then
            fields.add(HeaderNames.LINK, shown.resultLink(JobResponses.view(exchange, job)));
            if (!fields.contains(HeaderNames.ETAG)) {
                fields.set(HeaderNames.ETAG, "\"" + job.id() + "\"");
            }
            return result.head().status() == 200 ? whole(exchange, job, fields, result) : all(exchange, result);
        });
    }

    /** Conditions come before ranges (RFC 9110, 13.2.2). */
    private static Mono<Void> whole(Exchange exchange, Job job, HttpHeaders fields, StoredResult result) {
        String tag = fields.get(HeaderNames.ETAG);
        if (isUnchanged(exchange, job, fields, tag)) {
            return exchange.response().send(304);
        }
        fields.set(HeaderNames.ACCEPT_RANGES, "bytes");
        ByteRange range = exchange.isHead()
                ? ByteRange.WHOLE
                : ByteRange.of(exchange.fields(), tag, fields.get(HttpHeaderNames.LAST_MODIFIED), result.size());
        if (range instanceof ByteRange.Part part) {
            fields.set(HeaderNames.CONTENT_RANGE, part.contentRange());
            return exchange.response()
                    .send(206, part.length(), BodyPart.first(result.body(part.first()), part.length()));
        } else if (range instanceof ByteRange.Unsatisfiable none) {
            return Mono.error(new ProblemException(
                            Problem.RANGE_NOT_SATISFIABLE,
                            "The result has " + none.size() + " bytes; ask for a range that begins within them.")
                    .with(HeaderNames.CONTENT_RANGE, none.contentRange()));
        }
        return all(exchange, result);
    }

    /** A date counts where no tag is asked for (RFC 9110, 13.1.3). */
    private static boolean isUnchanged(Exchange exchange, Job job, HttpHeaders fields, String tag) {
        List<String> tags = exchange.fields(HttpHeaderNames.IF_NONE_MATCH);
        if (!tags.isEmpty()) {
            return EntityTags.match(tags, tag);
        }
        String since = exchange.field(HttpHeaderNames.IF_MODIFIED_SINCE);
        String modified = fields.get(HttpHeaderNames.LAST_MODIFIED);
        if (since == null || modified == null) {
            return false;
        }
        Instant at = job.spec().acceptedAt(); // to which century a year of two digits belongs
        Instant known = HttpDate.parse(since.strip(), at);
        Instant last = HttpDate.parse(modified.strip(), at);
        return known != null && last != null && !last.isAfter(known);
    }

    private static Mono<Void> all(Exchange exchange, StoredResult result) {
        return exchange.response().send(result.head().status(), result.size(), result.body());
    }

    private Mono<StoredResult> stored(Exchange exchange, Job job) {
        return journal.result(job.id()).publishOn(exchange.loop()).switchIfEmpty(Mono.error(Problems::expired));
    }

    /** Answers a request for the result of a job that is unfinished. */
    public Mono<Void> unfinished(Exchange exchange, Lookup.Known known) {
        JobRepresentation shown = responses.choose(exchange, known.job(), Resource.RESULT);
        return exchange.response().send(shown.unfinished(responses.view(exchange, known)));
    }
}
