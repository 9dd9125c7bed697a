package dev.sluice.ingress;

import dev.sluice.events.GroupWatch;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.Groups;
import java.time.Clock;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * Looks groups up for the handlers, as {@link Jobs} does jobs. All give the group on the event loop of the exchange and are
 * refused as {@code no-group}, or {@code job-expired}, if it is not there.
 */
final class KnownGroups {

    private final Groups journal;
    private final GroupWatch watch;
    private final Clock clock;

    KnownGroups(Groups journal, GroupWatch watch, Clock clock) {
        this.journal = journal;
        this.watch = watch;
        this.clock = clock;
    }

    /** The group as it stands. */
    Mono<Group> find(Exchange exchange, GroupId id) {
        return known(exchange, journal.findGroup(id));
    }

    /** The group when it is finished, or as it stands after {@code atMost}. */
    Mono<Group> finished(Exchange exchange, GroupId id, Duration atMost) {
        return known(exchange, watch.finished(id, atMost));
    }

    /** The group when it has an event after the number {@code seen}, or as it stands after {@code atMost}. */
    Mono<Group> changed(Exchange exchange, GroupId id, long seen, Duration atMost) {
        return known(exchange, watch.changed(id, seen, atMost));
    }

    private Mono<Group> known(Exchange exchange, Mono<GroupLookup> found) {
        return found.publishOn(exchange.loop())
                .switchIfEmpty(Mono.error(Problems::noGroup))
                .map(this::known);
    }

    /** What is due to be erased is gone for clients, whether or not anybody got round to erasing it. */
    private Group known(GroupLookup found) {
        if (found instanceof GroupLookup.Known known && !known.group().expired(clock.instant())) {
            return known.group();
        }
        throw Problems.groupExpired();
    }
}
