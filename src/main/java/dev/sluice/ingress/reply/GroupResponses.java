package dev.sluice.ingress.reply;

import dev.sluice.http.HeaderNames;
import dev.sluice.http.HeaderValues;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.exchange.Response;
import dev.sluice.job.Estimate;
import dev.sluice.job.Group;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.GroupEstimates;
import dev.sluice.representation.GroupJson;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Shows a group to the client of an exchange. */
public final class GroupResponses {

    private final GroupJson json;
    private final GroupEstimates estimates;
    private final Estimator estimator;
    private final Clock clock;

    public GroupResponses(GroupJson json, GroupEstimates estimates, Estimator estimator, Clock clock) {
        this.json = json;
        this.estimates = estimates;
        this.estimator = estimator;
        this.clock = clock;
    }

    /** The tag of a group as it stands. Weak, because estimates change without an event; and no tag that a job can have. */
    public static String tag(Group group) {
        return "W/\"g" + group.lastSeq() + "\"";
    }

    /** The group was created. */
    public Mono<Void> created(Exchange exchange, Group group) {
        return whole(
                exchange.response()
                        .with(
                                HeaderNames.LOCATION,
                                json.behind(exchange.prefix()).links().self(group.id()))
                        .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE),
                201,
                exchange,
                group,
                null);
    }

    /** The group was closed or cancelled, now or before. */
    public Mono<Void> changed(Exchange exchange, Group group) {
        return whole(
                exchange.response().with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE), 200, exchange, group, null);
    }

    /** The group as it stands; without a body if the client has it. */
    public Mono<Void> show(Exchange exchange, Group group, boolean unchanged) {
        return estimates
                .finishAt(group)
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .publishOn(exchange.loop())
                .flatMap(finishAt -> {
                    Response response = exchange.response()
                            .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_CACHE)
                            .with(HeaderNames.ETAG, tag(group));
                    if (group.finishedAt() == null) {
                        response.with(HeaderNames.RETRY_AFTER, retryAfter(finishAt.orElse(null)));
                    }
                    return unchanged
                            ? response.send(304)
                            : whole(response, 200, exchange, group, finishAt.orElse(null));
                });
    }

    private String retryAfter(@Nullable Instant finishAt) {
        Instant now = clock.instant();
        Estimate estimate = finishAt == null ? null : new Estimate(now, finishAt, null);
        return Long.toString(Math.max(1, estimator.retryAfter(estimate, now).toSeconds()));
    }

    private Mono<Void> whole(
            Response response, int status, Exchange exchange, Group group, @Nullable Instant finishAt) {
        return response.send(
                status, HeaderValues.JSON, json.behind(exchange.prefix()).group(group, finishAt));
    }
}
