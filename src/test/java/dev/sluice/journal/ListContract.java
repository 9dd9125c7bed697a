package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** All jobs, page by page. */
interface ListContract extends JournalRig {

    Comparator<Job> NEWEST_FIRST = Comparator.comparing(Job::id).reversed();

    @Test
    default void jobsOfEveryStateAreListedNewestFirst() {
        List<Job> jobs = oneOfEachState();
        assertThat(page(JobFilter.ALL, 10, null).jobs()).isEqualTo(jobs);
        assertThat(page(JobFilter.ALL, 10, null).next()).isNull();
        assertThat(page(JobFilter.ALL, 5, null).next()).isNull();
        assertThat(page(JobFilter.ALL, 10, jobs.get(4).id()).jobs()).isEmpty();
        assertFails(() -> page(JobFilter.ALL, 0, null), IllegalArgumentException.class);
    }

    @Test
    default void pagesFollowEachOther() {
        List<Job> jobs = oneOfEachState();
        JobPage first = page(JobFilter.ALL, 2, null);
        assertThat(first.jobs()).isEqualTo(jobs.subList(0, 2));
        assertThat(first.next()).isEqualTo(jobs.get(1).id());
        JobPage second = page(JobFilter.ALL, 2, first.next());
        assertThat(second.jobs()).isEqualTo(jobs.subList(2, 4));
        JobPage third = page(JobFilter.ALL, 2, second.next());
        assertThat(third.jobs()).isEqualTo(jobs.subList(4, 5));
        assertThat(third.next()).isNull();
    }

    @Test
    default void aFilterLeavesWhatIsMeant() {
        List<Job> jobs = oneOfEachState();
        Job other = accept(draft().route("another"));
        for (JobState state : JobState.values()) {
            assertThat(all(new JobFilter(ROUTE, state, null, null), 1))
                    .isEqualTo(jobs.stream().filter(job -> job.state() == state).toList());
        }
        assertThat(all(new JobFilter("another", null, null, null), 1)).containsExactly(other);
        assertThat(all(new JobFilter("unknown", null, null, null), 1)).isEmpty();

        Instant third = jobs.get(2).spec().acceptedAt();
        assertThat(all(new JobFilter(ROUTE, null, third, null), 2)).isEqualTo(jobs.subList(0, 3));
        assertThat(all(new JobFilter(ROUTE, null, third.plusNanos(1), null), 2)).isEqualTo(jobs.subList(0, 2));
        assertThat(all(new JobFilter(ROUTE, null, null, third), 2)).isEqualTo(jobs.subList(3, 5));
        assertThat(all(new JobFilter(ROUTE, null, null, third.plusNanos(1)), 2)).isEqualTo(jobs.subList(2, 5));
        assertThat(all(new JobFilter(ROUTE, null, third, third), 2)).isEmpty();
        assertThat(all(new JobFilter(ROUTE, null, Instant.MIN, Instant.MAX), 2)).isEqualTo(jobs);
        assertThat(all(new JobFilter(ROUTE, null, Instant.MAX, Instant.MIN), 2)).isEmpty();
    }

    @Test
    default void erasedJobsAreNotListed() {
        List<Job> jobs = oneOfEachState();
        Job finished = jobs.stream()
                .filter(job -> job.state() == JobState.SUCCEEDED)
                .findFirst()
                .orElseThrow();
        get(journal().forget(finished.id()));
        assertThat(page(JobFilter.ALL, 10, null).jobs()).hasSize(4).doesNotContain(finished);
    }

    @Test
    default void theListIsTheSameAfterAReopen() {
        List<Job> jobs = oneOfEachState().stream()
                .filter(job -> job.state() != JobState.RUNNING)
                .toList();
        reopen();
        assertThat(all(JobFilter.ALL, 3)).containsAll(jobs).hasSize(5);
    }

    /** Jobs come, finish and are erased while somebody reads pages; whoever stays is seen once, nobody twice. */
    @Test
    default void aWalkSeesOnceWhatIsThereAllTheWhile() {
        List<Job> jobs = race(400, i -> append(draft())).stream()
                .map(appended -> ((Appended.Created) appended).job())
                .sorted(NEWEST_FIRST)
                .toList();
        Mono<Void> finishing = Flux.fromIterable(jobs)
                .filter(job -> job.order() % 2 == 0)
                .concatMap(job -> journal().cancel(job.id()))
                .concatMap(job -> job.order() % 4 == 0 ? journal().forget(job.id()) : append(draft()))
                .then()
                .subscribeOn(RACERS);
        Mono<List<List<JobId>>> walks = Flux.range(0, 30)
                .concatMap(i -> Mono.fromCallable(() -> walk(7))
                        .subscribeOn(reactor.core.scheduler.Schedulers.boundedElastic()))
                .collectList();
        List<List<JobId>> seen =
                get(Mono.zip(walks, finishing.thenReturn(true))).getT1();

        Set<JobId> stay = new HashSet<>();
        jobs.stream().filter(job -> job.order() % 4 != 0).forEach(job -> stay.add(job.id()));
        for (List<JobId> walk : seen) {
            assertThat(walk)
                    .doesNotHaveDuplicates()
                    .isSortedAccordingTo(Comparator.reverseOrder())
                    .containsAll(stay);
        }
    }

    @Test
    default void aPageLooksAtABoundedNumberOfJobs() {
        int many = 10_500;
        Flux.range(0, many).flatMap(i -> append(draft().route("crowd")), 512).blockLast(LIMIT);
        clock().advance(Duration.ofSeconds(1));
        Flux.range(0, many).flatMap(i -> append(draft().route("crowd")), 512).blockLast(LIMIT);
        JobFilter rare = new JobFilter("rare", null, null, null);
        JobId before = null;
        int pages = 0;
        JobPage page;
        do {
            page = page(rare, 5, before);
            assertThat(page.jobs()).isEmpty();
            before = page.next();
            pages++;
        } while (before != null);
        assertThat(pages).isBetween(2, 10);
    }

    /** Newest first. */
    private List<Job> oneOfEachState() {
        List<Job> jobs = new ArrayList<>();
        accept();
        jobs.add(get(journal().record(claimOne(), new dev.sluice.job.Transition.Fail(FAILURE, null))));
        clock().advance(Duration.ofMillis(2));
        jobs.add(finished(draft()));
        clock().advance(Duration.ofMillis(2));
        jobs.add(get(journal().cancel(accept().id())));
        clock().advance(Duration.ofMillis(2));
        accept();
        jobs.add(claimOne());
        clock().advance(Duration.ofMillis(2));
        jobs.add(accept());
        java.util.Collections.reverse(jobs);
        return jobs;
    }

    private List<JobId> walk(int limit) {
        return all(JobFilter.ALL, limit).stream().map(Job::id).toList();
    }

    private List<Job> all(JobFilter filter, int limit) {
        List<Job> jobs = new ArrayList<>();
        JobId before = null;
        do {
            JobPage page = page(filter, limit, before);
            assertThat(page.jobs().size()).isLessThanOrEqualTo(limit);
            jobs.addAll(page.jobs());
            before = page.next();
        } while (before != null);
        return jobs;
    }

    private JobPage page(JobFilter filter, int limit, JobId before) {
        return get(journal().list(filter, limit, before));
    }
}
