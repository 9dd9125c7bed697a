package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Headers;
import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import dev.sluice.journal.Draft;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Ends;
import dev.sluice.journal.FollowUps.FollowUp;
import dev.sluice.journal.GroupLookup;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.NewGroup;
import dev.sluice.journal.StaleClaimException;
import dev.sluice.journal.TestFollowUps;
import dev.sluice.journal.WorkQueue.Demand;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Two nodes work on the jobs of the same groups. */
@Timeout(60)
class GroupNodesTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Ending OK = new Ending(new JobResult(200, Headers.NONE), null);

    private final JobIds ids = new JobIds(Clock.systemUTC());
    private final TestFollowUps followUps = new TestFollowUps();
    private PostgresServer server;
    private PostgresServer.Database database;
    private PostgresJournal first;
    private PostgresJournal second;

    @BeforeEach
    void start() throws IOException, InterruptedException, SQLException {
        server = PostgresServer.shared();
        database = server.newDatabase();
        first = open();
        second = open();
        await().atMost(LIMIT).until(() -> first.backlog().nodes() == 2);
        followUps.ofGroups(finished -> List.of(new FollowUp(
                new Draft(ids.next(), Instant.now())
                        .route("told")
                        .target("/" + finished.id())
                        .job(),
                new byte[10])));
    }

    @AfterEach
    void stop() throws SQLException {
        first.close();
        second.close();
        server.drop(database);
    }

    /** Each node accepts, runs and cancels jobs of the same groups, in whatever order they come. */
    @Test
    void countsAreExactWhicheverNodeMovesTheJobs() {
        List<GroupId> groups = List.of(group(60), group(60), group(60));
        List<PostgresJournal> nodes = List.of(first, second);
        Mono<Void> appends = Flux.range(0, 180)
                .flatMap(i -> append(nodes.get(i % 2), groups.get(i % 3))
                        .flatMap(job -> i % 7 == 0
                                ? nodes.get(i / 7 % 2)
                                        .cancel(job.id())
                                        .onErrorResume(IllegalTransitionException.class, ended -> Mono.empty())
                                        .then()
                                : Mono.empty()))
                .then();
        Mono<Void> done = Flux.fromIterable(groups)
                .flatMap(id -> first.groupTail(id)
                        .concatMap(seq -> second.findGroup(id), 1)
                        .filter(found -> ((GroupLookup.Known) found).group().finishedAt() != null)
                        .next())
                .then()
                .cache();
        Disposable watch = done.subscribe();
        Flux<Void> work = Flux.fromIterable(nodes)
                .flatMap(node -> Mono.defer(() -> node.claim(Map.of("r", Demand.of(7)), LEASE))
                        .flatMapMany(claimed -> Flux.fromIterable(claimed.jobs()))
                        .flatMap(job -> Ends.finish(node, job, OK, Flux.just(new byte[10]))
                                .onErrorResume(StaleClaimException.class, cancelled -> Mono.empty()))
                        .then()
                        .repeat());
        Mono.when(appends, work.takeUntilOther(done).then()).block(LIMIT);
        watch.dispose();
        for (GroupId id : groups) {
            assertExact(id, 60);
        }
        assertThat(told())
                .isEqualTo(groups.stream().map(GroupId::toString).sorted().toList());
    }

    /** The targets of the jobs that ends of groups have caused. */
    private List<String> told() {
        return first.list(new JobFilter("told", null, null, null), 100, null).block(LIMIT).jobs().stream()
                .map(job -> first.request(job.id()).block(LIMIT).head().target().substring(1))
                .sorted()
                .toList();
    }

    private void assertExact(GroupId id, int jobs) {
        Group group = find(id);
        assertThat(group.state()).isEqualTo(Group.State.FINISHED);
        assertThat(group.counts().total()).isEqualTo(jobs);
        List<GroupEvent> events = second.groupHistory(id, 0).collectList().block(LIMIT);
        assertThat(events)
                .extracting(GroupEvent::seq)
                .isEqualTo(LongStream.rangeClosed(1, group.lastSeq()).boxed().toList());
        assertThat(events.stream().filter(GroupEvent.OfGroup.class::isInstance).count())
                .isEqualTo(3);
        List<Job> members = first.members(id, null, jobs, 0).block(LIMIT).jobs();
        assertThat(members).hasSize(jobs).isSortedAccordingTo(Comparator.comparing(Job::order));
        assertThat(members.stream()
                        .filter(job -> job.state() == JobState.SUCCEEDED)
                        .count())
                .isEqualTo(group.counts().succeeded());
    }

    @Test
    void aFollowerHearsOfWhatAnotherNodeRecords() {
        GroupId id = group(0);
        List<Long> heard = new CopyOnWriteArrayList<>();
        List<Boolean> ended = new CopyOnWriteArrayList<>();
        Disposable tail = second.groupTail(id).subscribe(heard::add, error -> {}, () -> ended.add(true));
        await().atMost(LIMIT).until(() -> heard.equals(List.of(1L)));
        append(first, id).block(LIMIT);
        await().atMost(LIMIT).until(() -> heard.equals(List.of(1L, 2L)));
        claim(first);
        await().atMost(LIMIT).until(() -> heard.equals(List.of(1L, 2L, 3L)));
        assertThat(first.eraseGroup(id).block(LIMIT)).isTrue();
        await().atMost(LIMIT).until(() -> !ended.isEmpty());
        tail.dispose();
    }

    @Test
    void whatNoHintToldOfIsFoundAllTheSame() throws SQLException {
        GroupId id = group(0);
        List<Long> heard = new CopyOnWriteArrayList<>();
        Disposable tail = second.groupTail(id).subscribe(heard::add);
        await().atMost(LIMIT).until(() -> !heard.isEmpty());
        execute("update job_group set seq = seq + 1"); // as a node does that dies before it tells
        await().atMost(LIMIT).until(() -> heard.equals(List.of(1L, 2L)));
        tail.dispose();
    }

    @Test
    void anotherNodeGoesOnWithWhatWasBegun() throws SQLException {
        GroupId cancelled = group(0);
        GroupId erased = group(0);
        for (GroupId id : List.of(cancelled, erased)) {
            Flux.range(0, 20).flatMap(i -> append(first, id)).blockLast(LIMIT);
        }
        // As a node does that dies after the first step.
        execute("update job_group set doing = 'c', closed_at = joined_at where id = '" + GroupRows.uuid(cancelled)
                + "'");
        execute("update job_group set doing = 'e', closed_at = joined_at where id = '" + GroupRows.uuid(erased) + "'");
        execute("insert into group_tombstone values ('" + GroupRows.uuid(erased) + "', 0)");
        second.tendGroups(Duration.ofHours(1)).block(LIMIT);
        assertThat(find(cancelled).counts()).isEqualTo(new Group.Counts(0, 0, 0, 0, 20));
        assertThat(find(cancelled).state()).isEqualTo(Group.State.FINISHED);
        assertThat(second.findGroup(erased).block(LIMIT)).isEqualTo(new GroupLookup.Expired());
        assertThat(number("select count(*) from job")).isEqualTo(21); // and the one that tells of it
        assertThat(told()).containsExactly(cancelled.toString());
    }

    /** Such a node would move the jobs of groups without counting that. */
    @Test
    void thereAreNoGroupsBesideNodesThatDoNotCountThem() throws SQLException {
        execute("insert into node (id, name, form, seen_at) values (gen_random_uuid(), 'old', 7, millis())");
        assertThatThrownBy(() -> group(0)).isInstanceOf(JournalUnavailableException.class);
        assertThat(number("select oldest_node from meta")).isLessThan(Migration.WITH_GROUPS);
        assertThat(number("select count(*) from job_group")).isZero();
        execute("delete from node where name = 'old'");
        group(0);
        assertThat(number("select oldest_node from meta")).isEqualTo(Migration.WITH_GROUPS);
    }

    private PostgresJournal open() {
        return new PostgresJournal(
                new JournalProperties.Postgres(
                        database.url(), database.username(), database.password(), "sluice", 10, Duration.ofSeconds(5)),
                "test",
                followUps,
                new SimpleMeterRegistry());
    }

    private GroupId group(int size) {
        Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
        NewGroup wanted = new NewGroup(
                new GroupId(ids.next()), new Group.Spec(now, null, size, Duration.ofHours(1), "https://hooks.example"));
        return first.createGroup(wanted).block(LIMIT).id();
    }

    private Mono<Job> append(PostgresJournal node, GroupId group) {
        Draft draft = new Draft(ids.next(), Instant.now()).route("r").group(group);
        return node.append(draft.job(), draft.body())
                .map(appended -> ((dev.sluice.journal.Appended.Created) appended).job());
    }

    private static List<Job> claim(PostgresJournal node) {
        return node.claim(Map.of("r", Demand.of(10)), LEASE).block(LIMIT).jobs();
    }

    private Group find(GroupId id) {
        return ((GroupLookup.Known) first.findGroup(id).block(LIMIT)).group();
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private long number(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private Connection connect() throws SQLException {
        Connection connection = database.connect();
        connection.setSchema("sluice");
        return connection;
    }
}
