package dev.sluice.ingress;

import dev.sluice.http.HeaderNames;
import dev.sluice.http.HeaderValues;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.exchange.Target;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobState;
import dev.sluice.job.Problem;
import dev.sluice.journal.Groups;
import dev.sluice.journal.MemberPage;
import dev.sluice.representation.GroupLinks;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JsonWriter;
import dev.sluice.representation.ProblemException;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Lists the jobs of a group, in order of acceptance. */
final class MembersHandler {

    private static final int USUAL = 100;
    private static final int MOST = 500;

    /** How many bytes of jobs a page has, apart from its first job. */
    private static final int MOST_BYTES = 128 * 1024;

    private static final String STATES =
            Arrays.stream(JobState.values()).map(JobState::text).collect(Collectors.joining(", "));

    private final Groups journal;
    private final KnownGroups groups;
    private final ReadPlaces places;
    private final JobJson json;
    private final GroupLinks links;
    private final Clock clock;

    MembersHandler(Groups journal, KnownGroups groups, ReadPlaces places, JobJson json, GroupLinks links, Clock clock) {
        this.journal = journal;
        this.groups = groups;
        this.places = places;
        this.json = json;
        this.links = links;
        this.clock = clock;
    }

    /** What is asked for; {@code from} is 0 for the beginning. */
    private record Query(@Nullable JobState state, int limit, long from) {

        static Query of(Target target) {
            String limit = target.parameter("limit");
            String cursor = target.parameter("cursor");
            return new Query(
                    stateOf(target.parameter("state")),
                    limit == null ? USUAL : (int) number("limit", limit, MOST),
                    cursor == null ? 0 : number("cursor", cursor, Long.MAX_VALUE));
        }

        String next(String path, long next) {
            return path + "/jobs?" + (state == null ? "" : "state=" + state.text() + "&") + "limit=" + limit
                    + "&cursor=" + next;
        }
    }

    /** GET and HEAD. */
    Mono<Void> list(Exchange exchange, GroupId id) {
        Query query = Query.of(exchange.target());
        return places.answer(
                WaitPreference.NONE,
                () -> groups.find(exchange, id)
                        .flatMap(group -> members(id, query, query.limit()))
                        .flatMap(page -> within(id, query, page))
                        .switchIfEmpty(Mono.error(Problems::groupExpired)) // it was there a moment ago
                        .publishOn(exchange.loop())
                        .flatMap(page -> page(exchange, id, query, page)));
    }

    private Mono<MemberPage> members(GroupId id, Query query, int limit) {
        return journal.members(id, query.state(), limit, query.from());
    }

    /** The page; if it has too many bytes, one with as many jobs as fit, which knows where the next one begins. */
    private Mono<MemberPage> within(GroupId id, Query query, MemberPage page) {
        int fit = 0;
        for (int bytes = 0; fit < page.jobs().size(); fit++) {
            bytes += json.job(page.jobs().get(fit)).length;
            if (bytes > MOST_BYTES && fit > 0) {
                return members(id, query, fit);
            }
        }
        return Mono.just(page);
    }

    private Mono<Void> page(Exchange exchange, GroupId id, Query query, MemberPage page) {
        JobJson behind = json.behind(exchange.prefix());
        JsonWriter all = new JsonWriter().begin().list("jobs");
        Instant now = clock.instant();
        for (Job job : page.jobs()) {
            if (!job.expired(now)) {
                all.element(behind.job(job));
            }
        }
        all.endList();
        if (page.next() > 0) {
            String path = links.behind(exchange.prefix()).self(id);
            all.member("next", Long.toString(page.next()));
            exchange.response().with(HeaderNames.LINK, "<" + query.next(path, page.next()) + ">; rel=\"next\"");
        }
        return exchange.response()
                .with(HeaderNames.CACHE_CONTROL, HeaderValues.NO_STORE)
                .send(200, HeaderValues.JSON, all.end().bytes());
    }

    private static @Nullable JobState stateOf(@Nullable String text) {
        if (text == null) {
            return null;
        }
        for (JobState state : JobState.values()) {
            if (state.text().equals(text)) {
                return state;
            }
        }
        throw bad("state", "is none of " + STATES);
    }

    private static long number(String name, String text, long most) {
        try {
            long number = Long.parseLong(text);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same problem as for a number out of range
        }
        throw bad(name, name.equals("limit") ? "is no whole number from 1 to " + most : "is none that a list gave");
    }

    private static ProblemException bad(String name, String what) {
        return new ProblemException(Problem.BAD_REQUEST, "The query parameter " + name + " " + what + ".");
    }
}
