package dev.sluice.ingress;

import dev.sluice.callbacks.Receivers;
import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.CallbackHeader;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.ingress.reply.GroupResponses;
import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Groups;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.NewGroup;
import dev.sluice.queue.Admission;
import dev.sluice.queue.ClientLimits;
import dev.sluice.representation.Limit;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.RateLimit;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Creates groups. How many a client may create is limited by its address, because a group lies on stable storage though nobody has
 * sent any work yet.
 */
final class GroupCreation {

    /** The limit's name; no route can have it. */
    private static final String LIMITED = "/groups";

    private final Groups groups;
    private final JobIntake journal;
    private final Admission admission;
    private final ClientLimits limits;
    private final RateLimit limit;
    private final Receivers receivers;
    private final Duration keep;
    private final JobIds ids;
    private final GroupResponses responses;

    GroupCreation(
            Groups groups,
            JobIntake journal,
            Admission admission,
            ClientLimits limits,
            RateLimit limit,
            Receivers receivers,
            Duration keep,
            JobIds ids,
            GroupResponses responses) {
        this.groups = groups;
        this.journal = journal;
        this.admission = admission;
        this.limits = limits;
        this.limit = limit;
        this.receivers = receivers;
        this.keep = keep;
        this.ids = ids;
        this.responses = responses;
    }

    /** POST. */
    Mono<Void> create(Exchange exchange) {
        requireWithinLimit(exchange);
        String callback = CallbackHeader.read(exchange.fields(), receivers);
        if (exchange.length() > GroupReader.MOST) {
            throw Problems.tooLarge(GroupReader.MOST);
        }
        if (!journal.hasRoom()) {
            throw Problems.noSpace();
        } else if (callback != null && admission.isFullOfDeliveries()) {
            throw Problems.tooManyCallbacks();
        }
        return exchange.body(GroupReader.MOST)
                .collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes)
                .map(body -> GroupReader.read(body.toByteArray(), keep))
                .flatMap(asked -> groups.createGroup(group(asked, callback)))
                .publishOn(exchange.loop())
                .flatMap(group -> responses.created(exchange, group));
    }

    private NewGroup group(GroupReader.Asked asked, @Nullable String callback) {
        GroupId id = new GroupId(ids.next());
        Instant now = Instant.ofEpochMilli(id.value().millis());
        return new NewGroup(id, new Group.Spec(now, asked.label(), asked.size(), asked.keep(), callback));
    }

    private void requireWithinLimit(Exchange exchange) {
        ClientLimits.Decision decision = limits.tryAcquire(LIMITED, limit, CallerKey.of(exchange, limit.by()));
        if (!decision.allowed()) {
            throw new ProblemException(
                            Limit.CLIENT_RATE,
                            "This client creates more groups than it may; none was created. Create the next one after the"
                                    + " seconds in Retry-After.")
                    .with(HeaderNames.RETRY_AFTER, Long.toString(decision.retryAfterSeconds()))
                    .with(HeaderNames.RATE_LIMIT_POLICY, decision.policyField())
                    .with(HeaderNames.RATE_LIMIT, decision.field());
        }
    }
}
