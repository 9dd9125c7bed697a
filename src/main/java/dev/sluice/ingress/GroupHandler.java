package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.EntityTags;
import dev.sluice.ingress.header.Preferences;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.ingress.reply.GroupResponses;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.job.Group;
import dev.sluice.job.GroupId;
import dev.sluice.job.Problem;
import dev.sluice.journal.GroupFinishedException;
import dev.sluice.journal.Groups;
import dev.sluice.representation.ProblemException;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/** Shows a group, waits for it to change or to end, closes it, cancels it and erases it. */
final class GroupHandler {

    private final Groups journal;
    private final KnownGroups groups;
    private final ReadPlaces places;
    private final GroupResponses responses;
    private final Duration maxWait;

    GroupHandler(Groups journal, KnownGroups groups, ReadPlaces places, GroupResponses responses, Duration maxWait) {
        this.journal = journal;
        this.groups = groups;
        this.places = places;
        this.responses = responses;
        this.maxWait = maxWait;
    }

    /** GET and HEAD. */
    Mono<Void> show(Exchange exchange, GroupId id) {
        WaitPreference wait = WaitPreference.of(Preferences.of(exchange.fields()), maxWait);
        return places.answer(wait, () -> show(exchange, id, wait));
    }

    private Mono<Void> show(Exchange exchange, GroupId id, WaitPreference wait) {
        Mono<Group> found = groups.find(exchange, id);
        if (!wait.none()) {
            found = found.flatMap(group -> later(exchange, group, wait));
        }
        return found.flatMap(group -> {
            JobResponses.applied(exchange, wait.appliedWait());
            return responses.show(exchange, group, isKnown(exchange, group));
        });
    }

    /** Long poll: the group as soon as it differs from what the client has; if it has nothing, as soon as it is finished. */
    private Mono<Group> later(Exchange exchange, Group group, WaitPreference wait) {
        List<String> tags = exchange.fields(HttpHeaderNames.IF_NONE_MATCH);
        if (group.finishedAt() != null) {
            return Mono.just(group);
        } else if (tags.isEmpty()) {
            return groups.finished(exchange, group.id(), wait.most());
        }
        return isKnown(exchange, group)
                ? groups.changed(exchange, group.id(), group.lastSeq(), wait.most())
                : Mono.just(group);
    }

    private static boolean isKnown(Exchange exchange, Group group) {
        return EntityTags.match(exchange.fields(HttpHeaderNames.IF_NONE_MATCH), GroupResponses.tag(group));
    }

    /** POST to {@code /close}. */
    Mono<Void> close(Exchange exchange, GroupId id) {
        return groups.find(exchange, id)
                .flatMap(group -> journal.closeGroup(id))
                .switchIfEmpty(Mono.error(Problems::groupExpired)) // it was there a moment ago
                .publishOn(exchange.loop())
                .flatMap(group -> responses.changed(exchange, group));
    }

    /** DELETE. */
    Mono<Void> delete(Exchange exchange, GroupId id) {
        boolean erase = DeleteHandler.erases(exchange.target());
        return groups.find(exchange, id).flatMap(group -> erase ? erase(exchange, id) : cancel(exchange, id));
    }

    private Mono<Void> cancel(Exchange exchange, GroupId id) {
        return journal.cancelGroup(id)
                .switchIfEmpty(Mono.error(Problems::groupExpired))
                .onErrorMap(GroupFinishedException.class, finished -> alreadyFinished())
                .publishOn(exchange.loop())
                .flatMap(group -> responses.changed(exchange, group));
    }

    private Mono<Void> erase(Exchange exchange, GroupId id) {
        return journal.eraseGroup(id)
                .publishOn(exchange.loop())
                .flatMap(erased -> erased ? exchange.response().send(204) : Mono.error(Problems.groupExpired()));
    }

    private static ProblemException alreadyFinished() {
        return new ProblemException(
                Problem.ALREADY_FINISHED,
                "All jobs of the group have ended, and it is kept as it is. To erase it and its jobs, send DELETE with"
                        + " ?erase=true.");
    }
}
