package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.GroupClosedException;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.Lookup;
import dev.sluice.journal.NewGroup;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The connection breaks before or after a statement that concerns a group: its counts and its one end are exact all the same. */
@Timeout(60)
class GroupFaultsTest {

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static FaultsRig rig;

    /** Each test has one of its own. */
    private String route;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        rig = new FaultsRig(database, 5, Duration.ofSeconds(5));
    }

    @AfterAll
    static void stop() throws Exception {
        rig.close();
        server.drop(database);
    }

    @BeforeEach
    void nameRoute(TestInfo test) {
        route = (test.getTestMethod().orElseThrow().getName() + test.getDisplayName()).replaceAll("[^A-Za-z]", "");
        rig.followUps.ofGroups(finished -> List.of(new FollowUp(rig.job(told()), new byte[10])));
    }

    private String told() {
        return "told" + route;
    }

    /** Subscribes to a verb whose statement the cut hits; it must succeed without being tried again by its caller. */
    private static <T> T at(boolean before, String statement, Mono<T> verb) throws Exception {
        String wire = Placeholders.of(statement).wire();
        CompletableFuture<Void> cut = before ? rig.proxy.cutBefore(wire) : rig.proxy.cutAfter(wire);
        T value = get(verb);
        cut.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        return value;
    }

    private NewGroup wanted(int size) {
        NewGroup group = new NewGroup(
                new GroupId(rig.job(route).id()),
                new Group.Spec(
                        rig.journal.clock().instant(), null, size, Duration.ofHours(1), "https://hooks.example"));
        return group;
    }

    private GroupId group(int size) {
        return get(rig.journal.createGroup(wanted(size))).id();
    }

    private Draft draft(GroupId group) {
        return new Draft(rig.job(route).id(), rig.journal.clock().instant())
                .route(route)
                .group(group);
    }

    private Job joined(GroupId group) {
        Draft draft = draft(group);
        return FaultsRig.created(get(rig.journal.append(draft.job(), draft.body())));
    }

    private static Group find(GroupId id) {
        return ((GroupLookup.Known) get(rig.journal.findGroup(id))).group();
    }

    /** A group may be open for years: it keeps no more than its jobs do. */
    @Test
    void whatOnlyToldOfJobsThatHaveGoneIsForgotten() {
        GroupId id = group(0);
        Job kept = joined(id);
        for (int i = 0; i < 5; i++) {
            Job gone = joined(id);
            get(rig.journal.cancel(gone.id()));
            get(rig.journal.forget(gone.id()));
        }
        String rows = "select count(*) from group_event where grp = '" + GroupRows.uuid(id) + "'";
        List<GroupEvent> told = get(rig.journal.groupHistory(id, 0).collectList());
        assertThat(told).hasSize(2);
        assertThat(rig.number(rows)).isEqualTo(12);
        get(rig.journal.tendGroups(Duration.ofDays(1)));
        assertThat(rig.number(rows)).isEqualTo(2);
        assertThat(get(rig.journal.groupHistory(id, 0).collectList())).isEqualTo(told);
        assertThat(get(rig.journal.members(id, null, 10, 0)).jobs())
                .extracting(Job::id)
                .containsExactly(kept.id());
        Group group = get(rig.journal.cancelGroup(id));
        assertThat(group.counts().cancelled()).isEqualTo(6);
        assertThat(group.state()).isEqualTo(Group.State.FINISHED);
    }

    /** That a group has finished with so many jobs, with numbers that have no gap, and that this was told once. */
    private void assertFinishedOnce(GroupId id, long jobs) {
        Group group = find(id);
        assertThat(group.state()).isEqualTo(Group.State.FINISHED);
        assertThat(group.counts().total()).isEqualTo(jobs);
        List<GroupEvent> events = get(rig.journal.groupHistory(id, 0).collectList());
        assertThat(events)
                .extracting(GroupEvent::seq)
                .isEqualTo(LongStream.rangeClosed(1, group.lastSeq()).boxed().toList());
        assertThat(events)
                .last()
                .isEqualTo(
                        new GroupEvent.OfGroup(group.lastSeq(), GroupEvent.Change.FINISHED, group.finishedAt(), group));
        assertThat(rig.number("select count(*) from job where route = '" + told() + "'"))
                .isEqualTo(1);
        assertThat(rig.claimOne(told()).attempt()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCreation(boolean before) throws Exception {
        NewGroup wanted = wanted(3);
        assertThat(at(before, GroupStore.CREATE, rig.journal.createGroup(wanted)))
                .isEqualTo(wanted.created());
        assertThat(find(wanted.id())).isEqualTo(wanted.created());
        assertThat(get(rig.journal.groupHistory(wanted.id(), 0).collectList())).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAppend(boolean before) throws Exception {
        GroupId id = group(2);
        Draft draft = draft(id);
        FaultsRig.created(at(before, AppendSql.GROUPED, rig.journal.append(draft.job(), draft.body())));
        assertThat(find(id).counts()).isEqualTo(new Group.Counts(1, 0, 0, 0, 0));
        joined(id);
        assertThatThrownBy(() -> joined(id)).isInstanceOf(GroupClosedException.class);
        for (Job job : get(rig.claim(route))) {
            get(rig.finish(job, 10));
        }
        assertFinishedOnce(id, 2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClaim(boolean before) throws Exception {
        GroupId id = group(1);
        joined(id);
        CompletableFuture<Void> cut = before
                ? rig.proxy.cutBefore(Placeholders.of(ClaimSql.CLAIM).wire())
                : rig.proxy.cutAfter(Placeholders.of(ClaimSql.CLAIM).wire());
        Job claimed = rig.claimOne(route);
        cut.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(find(id).counts()).isEqualTo(new Group.Counts(0, 1, 0, 0, 0));
        get(rig.finish(claimed, 10));
        assertFinishedOnce(id, 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"end", "groups", "follow-up", "commit"})
    void theLastEnd(String which) throws Exception {
        String statement = switch (which) {
            case "end" -> MoveSql.END;
            case "groups" -> GroupStore.GROUPS;
            case "follow-up" -> AppendSql.PLAIN;
            default -> "COMMIT";
        };
        for (boolean before : new boolean[] {true, false}) {
            GroupId id = group(1);
            joined(id);
            Job claimed = rig.claimOne(route);
            at(before, statement, rig.finish(claimed, 10));
            assertFinishedOnce(id, 1);
            rig.execute("delete from job where route = '" + told() + "'");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closingAndCancelling(boolean before) throws Exception {
        for (String statement : List.of(GroupStore.CLOSE, GroupSteps.UNFINISHED, MoveSql.END, "COMMIT")) {
            GroupId id = group(0);
            joined(id);
            joined(id);
            Group cancelled = at(before, statement, rig.journal.cancelGroup(id));
            assertThat(cancelled.counts()).isEqualTo(new Group.Counts(0, 0, 0, 0, 2));
            assertFinishedOnce(id, 2);
            rig.execute("delete from job where route = '" + told() + "'");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closingOfAnEmptyOne(boolean before) throws Exception {
        for (String statement : List.of(GroupStore.CLOSE, AppendSql.PLAIN, "COMMIT")) {
            GroupId id = group(0);
            assertThat(at(before, statement, rig.journal.closeGroup(id)).state())
                    .isEqualTo(Group.State.FINISHED);
            assertFinishedOnce(id, 0);
            rig.execute("delete from job where route = '" + told() + "'");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void erasing(boolean before) throws Exception {
        for (String statement : List.of(GroupStore.CLOSE, GroupSteps.ERASE, GroupStore.DELETE)) {
            GroupId id = group(0);
            Job job = joined(id);
            assertThat(at(before, statement, rig.journal.eraseGroup(id))).isTrue();
            assertThat(get(rig.journal.findGroup(id))).isEqualTo(new GroupLookup.Expired());
            assertThat(get(rig.journal.find(job.id()))).isEqualTo(new Lookup.Expired());
            for (String table : List.of("group_event where grp", "job_group where id")) {
                assertThat(rig.number("select count(*) from " + table + " = '" + GroupRows.uuid(id) + "'"))
                        .isZero();
            }
            assertThat(rig.number("select count(*) from job where route = '" + told() + "'"))
                    .isZero();
        }
    }

    /** A job whose caller was told that it was not accepted is gone, and its group counts it as cancelled. */
    @Test
    void aWithdrawnJobCountsAsCancelled() throws Exception {
        GroupId id = group(0);
        Job withdrawn = joined(id);
        Job other = joined(id);
        assertThat(get(rig.journal.closeGroup(id)).state()).isEqualTo(Group.State.CLOSED);
        get(rig.journal.cancel(other.id()));
        assertThat(withdraw(withdrawn.id())).as("told to followers").containsExactly(id);
        assertThat(get(rig.journal.find(withdrawn.id()))).isEqualTo(new Lookup.Expired());
        assertThat(find(id).counts()).isEqualTo(new Group.Counts(0, 0, 0, 0, 2));
        assertThat(find(id).state()).isEqualTo(Group.State.FINISHED);
        assertThat(rig.number("select count(*) from job where route = '" + told() + "'"))
                .isEqualTo(1);
        assertThat(get(Flux.from(rig.journal.groupHistory(id, 0)).count())).isEqualTo(5);
    }

    @Test
    void aWithdrawnJobTakesNoPlaceOfItsGroup() {
        GroupId id = group(2);
        withdraw(joined(id).id());
        joined(id);
        assertThat(find(id).state()).isEqualTo(Group.State.OPEN);
        joined(id);
        assertThat(find(id).state()).isEqualTo(Group.State.CLOSED);
        assertThat(find(id).counts()).isEqualTo(new Group.Counts(2, 0, 0, 0, 1));
        assertThatThrownBy(() -> joined(id)).isInstanceOf(GroupClosedException.class);
    }

    /** Otherwise the history of a group could be too long to be read. */
    @Test
    void theStackDoesNotGrowWithTheHistory() {
        GroupId id = group(0);
        int events = 10_000;
        String uuid = "'" + GroupRows.uuid(id) + "'";
        rig.execute("insert into group_event (grp, seq, at, kind, state) select e.grp, n, e.at, e.kind, e.state"
                + " from group_event e, generate_series(2, " + events + ") n where e.grp = " + uuid);
        rig.execute("update job_group set seq = " + events + " where id = " + uuid);
        List<Integer> depths = get(rig.journal
                .groupHistory(id, 0)
                .map(event -> Thread.currentThread().getStackTrace().length)
                .collectList());
        assertThat(depths).hasSize(events);
        int early = Collections.max(depths.subList(0, 1_000));
        assertThat(Collections.max(depths.subList(events - 1_000, events))).isLessThan(early + 30);
    }

    /** As a node does that was away. Returns the groups of which followers are told. */
    private static Set<GroupId> withdraw(JobId id) {
        Set<GroupId> told = new HashSet<>();
        Servers servers = new Servers(FaultsRig.properties(database.url(), database, 3, Duration.ofSeconds(5)));
        try (Database own = new Database(servers, 3, new PostgresJournalMeters(new SimpleMeterRegistry()))) {
            Feed feed = new Feed(null, (job, seq) -> {}, null, null, null);
            Causes causes = new Causes(rig.followUps, () -> true, new SharedBacklog(), feed);
            Withdrawals withdrawals =
                    new Withdrawals(own, causes, new PieceSweep(own), new GroupFeed(own, told::addAll, null, null));
            withdrawals.add(List.of(id));
            withdrawals.run();
        }
        return told;
    }
}
