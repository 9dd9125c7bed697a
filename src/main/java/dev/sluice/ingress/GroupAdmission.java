package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import java.util.Optional;
import reactor.core.publisher.Mono;

/**
 * Looks at the group of a request before its body is read, so that nobody uploads much in vain. The journal decides, when it
 * appends the job; for a small body that is early enough.
 */
final class GroupAdmission {

    /** Bytes of a body that is read without a look at the group. */
    private static final long SMALL = 16 * 1024;

    private final KnownGroups groups;

    GroupAdmission(KnownGroups groups) {
        this.groups = groups;
    }

    /** Whether a look is worth its cost. */
    static boolean isWorthwhile(Exchange exchange) {
        return exchange.length() < 0 || exchange.length() > SMALL || exchange.awaitsContinue();
    }

    /** Why the group takes no job: {@code no-group} or {@code group-closed}; empty if it does as it stands. */
    Mono<Optional<ProblemException>> refusal(Exchange exchange, GroupId id) {
        return groups.find(exchange, id)
                .map(group -> group.state() == Group.State.OPEN
                        ? Optional.<ProblemException>empty()
                        : Optional.of(Problems.groupClosed()))
                .onErrorResume(
                        ProblemException.class,
                        missing -> missing.problem() == Problem.JOB_EXPIRED || missing.problem() == Problem.NO_GROUP
                                ? Mono.just(Optional.of(Problems.noGroup()))
                                : Mono.error(missing));
    }
}
