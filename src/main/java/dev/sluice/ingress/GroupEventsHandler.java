package dev.sluice.ingress;

import dev.sluice.events.GroupStream;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import java.util.OptionalLong;
import reactor.core.publisher.Mono;

/** The event stream of a group. */
final class GroupEventsHandler {

    private final KnownGroups groups;
    private final ReadPlaces places;
    private final GroupStream events;
    private final EventResponses responses;

    GroupEventsHandler(KnownGroups groups, ReadPlaces places, GroupStream events, EventResponses responses) {
        this.groups = groups;
        this.places = places;
        this.events = events;
        this.responses = responses;
    }

    /** GET and HEAD. A reader that has seen the final event is told 204. */
    Mono<Void> follow(Exchange exchange, GroupId id) {
        String from = exchange.target().parameter("from");
        if (from != null && !from.equals("start")) {
            throw new ProblemException(
                    Problem.BAD_REQUEST,
                    "The query parameter from takes no value but start; without it the events begin now.");
        }
        return places.stream(exchange, () -> find(exchange, id, from != null), () -> responses.later(exchange));
    }

    private Mono<Void> find(Exchange exchange, GroupId id, boolean fromStart) {
        return groups.find(exchange, id)
                .map(group -> answer(exchange, group, fromStart))
                .onErrorResume(EventResponses::isPassing, away -> Mono.just(responses.later(exchange)))
                .flatMap(answer -> answer);
    }

    private Mono<Void> answer(Exchange exchange, Group group, boolean fromStart) {
        OptionalLong last = EventResponses.lastSeen(exchange);
        if (last.isEmpty() && !fromStart) {
            return responses.stream(exchange, events.fromNow(group, exchange.prefix()));
        }
        long seen = Math.min(last.orElse(0), group.lastSeq());
        return group.finishedAt() != null && seen == group.lastSeq()
                ? EventResponses.nothingMore(exchange)
                : responses.stream(exchange, events.after(group, seen, exchange.prefix()));
    }
}
