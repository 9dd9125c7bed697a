package dev.sluice.journal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.Group.Counts;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import dev.sluice.job.Progress;
import dev.sluice.job.Transition;
import dev.sluice.journal.Draft;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Journal;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.NewGroup;
import dev.sluice.journal.core.JournalClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Groups of many jobs, and of many events. */
class LargeGroupTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int JOBS = 10_000;

    private final MutableClock clock = new MutableClock();
    private final JobIds ids = new JobIds(clock);
    private final MemoryStores stores = new MemoryStores(128L << 20);
    private Journal journal = open();

    private Journal open() {
        return new EmbeddedJournal(
                new LeftOpen(stores),
                new JournalClock(clock, clock::nanos),
                clock::leaseNanos,
                FollowUps.NONE,
                new SimpleMeterRegistry());
    }

    /** As another process finds them. */
    private record LeftOpen(Stores stores) implements Stores {

        @Override
        public Store main() {
            return stores.main();
        }

        @Override
        public Store bodies() {
            return stores.bodies();
        }

        @Override
        public void close() {}
    }

    private void reopen() {
        journal.close();
        journal = open();
    }

    /** What goes within an hour is forgotten at its end. */
    private void anHourLater() {
        clock.advance(Duration.ofHours(1));
        journal.tendGroups(Duration.ofDays(365)).block(LIMIT);
    }

    @AfterEach
    void close() {
        journal.close();
        stores.close();
    }

    @Test
    void itIsCancelledAndErasedInBoundedSteps() {
        GroupId id = new GroupId(ids.next());
        journal.createGroup(new NewGroup(id, new Group.Spec(clock.instant(), null, JOBS, LIMIT, null)))
                .block(LIMIT);
        Flux.range(0, JOBS)
                .flatMap(
                        i -> journal.append(
                                new Draft(ids.next(), clock.instant()).group(id).job(), Flux.empty()),
                        256)
                .then()
                .block(LIMIT);
        Group cancelled = journal.cancelGroup(id).block(LIMIT);
        assertThat(cancelled.counts()).isEqualTo(new Counts(0, 0, 0, 0, JOBS));
        assertThat(journal.groupHistory(id, 0)
                        .map(GroupEvent::seq)
                        .collectList()
                        .block(LIMIT))
                .isEqualTo(LongStream.rangeClosed(1, 2 * JOBS + 3).boxed().toList());
        stores.main().scan(Table.GROUP_EVENTS, CommitGroup.NOTHING, null, (key, value) -> {
            List<GroupLog.Entry> entries = GroupLog.entries(id, Keys.seq(key), value);
            boolean ends = entries.get(0).jobSeq() > 1;
            assertThat(entries).hasSizeLessThanOrEqualTo(ends ? 257 : 1_025);
            return true;
        });

        assertThat(journal.eraseGroup(id).block(LIMIT)).isTrue();
        for (Table table : List.of(Table.GROUP_EVENTS, Table.GROUP_MEMBERS, Table.EVENTS, Table.REQUESTS, Table.OPEN)) {
            assertThat(rows(table)).as(table.label()).isZero();
        }
        assertThat(rows(Table.GROUPS)).isEqualTo(1);
        assertThat(journal.list(JobFilter.ALL, 1, null)
                        .map(page -> page.jobs().size())
                        .block(LIMIT))
                .isZero();
    }

    /** A client may lose interest in the middle: what was begun is gone on with by the next who asks, or by the journal. */
    @Test
    void aCancellationThatNobodyWaitsForIsGoneOnWith() {
        GroupId id = new GroupId(ids.next());
        journal.createGroup(new NewGroup(id, new Group.Spec(clock.instant(), null, 0, LIMIT, null)))
                .block(LIMIT);
        Flux.range(0, 2_000)
                .flatMap(
                        i -> journal.append(
                                new Draft(ids.next(), clock.instant()).group(id).job(), Flux.empty()),
                        256)
                .then()
                .block(LIMIT);
        Mono.firstWithSignal(
                        journal.cancelGroup(id).then(),
                        journal.groupTail(id).filter(seq -> seq > 2_002).next().then())
                .block(LIMIT);
        journal.tendGroups(Duration.ofHours(1)).block(LIMIT);
        assertThat(journal.cancelGroup(id).block(LIMIT).counts()).isEqualTo(new Counts(0, 0, 0, 0, 2_000));
    }

    /** A job may report for days: its group remembers no more of that than the job itself does. */
    @Test
    void whatIsNoLongerKeptOfItsJobsIsForgotten() {
        GroupId id = new GroupId(ids.next());
        journal.createGroup(new NewGroup(id, new Group.Spec(clock.instant(), null, 0, LIMIT, null)))
                .block(LIMIT);
        JobId job = ids.next();
        journal.append(new Draft(job, clock.instant()).group(id).job(), Flux.empty())
                .block(LIMIT);
        journal.append(new Draft(ids.next(), clock.instant()).group(id).job(), Flux.empty())
                .block(LIMIT);
        journal.claim(Map.of("reports", Journal.Demand.of(1)), LIMIT).block(LIMIT);
        int reports = 4 * JobReader.HISTORY_KEPT;
        Transition.Report report = new Transition.Report(new Progress(1.0, null), null);
        Flux.range(0, reports)
                .concatMap(i -> journal.report(job, report))
                .then()
                .block(LIMIT);
        reopen();
        journal.claim(Map.of("reports", Journal.Demand.of(2)), Duration.ofDays(1))
                .block(LIMIT);
        List<GroupEvent> before = journal.groupHistory(id, 0).collectList().block(LIMIT);
        long lastSeq = before.get(before.size() - 1).seq();

        anHourLater();
        assertThat(rows(Table.GROUP_EVENTS)).isBetween(1_000L, 2_100L);
        assertThat(journal.groupHistory(id, 0).collectList().block(LIMIT)).isEqualTo(before);
        assertThat(before).extracting(GroupEvent::seq).startsWith(1L, 2L, 3L).endsWith(lastSeq);
        journal.report(job, report).block(LIMIT);
        assertThat(journal.groupHistory(id, lastSeq)
                        .map(GroupEvent::seq)
                        .collectList()
                        .block(LIMIT))
                .containsExactly(lastSeq + 1);
    }

    /** A group may be open for years: it remembers no more than the jobs that are kept. */
    @Test
    void whatOnlyToldOfJobsThatHaveGoneIsForgotten() {
        GroupId id = new GroupId(ids.next());
        journal.createGroup(new NewGroup(id, new Group.Spec(clock.instant(), null, 0, LIMIT, null)))
                .block(LIMIT);
        List<JobId> jobs = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            jobs.add(ids.next());
            Duration keep = i == 200 ? Duration.ofDays(300) : Duration.ofHours(1);
            journal.append(
                            new Draft(jobs.get(i), clock.instant())
                                    .group(id)
                                    .keep(keep)
                                    .job(),
                            Flux.empty())
                    .block(LIMIT);
            if (i != 250) {
                journal.cancel(jobs.get(i)).block(LIMIT);
            }
        }
        clock.advance(Duration.ofHours(1));
        journal.purge(Duration.ofDays(7)).blockLast(LIMIT);
        List<GroupEvent> before = journal.groupHistory(id, 0).collectList().block(LIMIT);
        assertThat(before).hasSize(4);
        assertThat(rows(Table.GROUP_MEMBERS)).isEqualTo(300);

        reopen();
        anHourLater();
        assertThat(rows(Table.GROUP_EVENTS)).isEqualTo(4);
        assertThat(rows(Table.GROUP_MEMBERS)).isEqualTo(2);
        assertThat(rows(Table.GROUP_TASKS)).isZero();
        assertThat(journal.groupHistory(id, 0).collectList().block(LIMIT)).isEqualTo(before);
        assertThat(journal.members(id, null, 10, 0).block(LIMIT).jobs())
                .extracting(Job::id)
                .containsExactly(jobs.get(200), jobs.get(250));
        Group group = journal.cancelGroup(id).block(LIMIT);
        assertThat(group.counts()).isEqualTo(new Counts(0, 0, 0, 0, 300));
        assertThat(group.state()).isEqualTo(Group.State.FINISHED);
    }

    private long rows(Table table) {
        long[] rows = {0};
        stores.main().scan(table, CommitGroup.NOTHING, null, (key, value) -> ++rows[0] > 0);
        return rows[0];
    }
}
