package dev.sluice.journal.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobSpec;
import dev.sluice.job.JobStatus;
import dev.sluice.journal.PerTurn;
import dev.sluice.journal.WorkQueue.Demand;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Turns, caps on retried jobs and held callers, against plain lists and at size. */
class TurnsTest {

    private static final long NOW = 1_700_000_000_000L;
    private static final Set<Long> NOBODY = Set.of();

    private final DueIndex index = new DueIndex();
    private long order;

    /** The same with lists that are searched from the front each time. */
    private static final class Model {

        final List<Job> due = new ArrayList<>();
        final Map<Long, List<Job>> aside = new LinkedHashMap<>();
        final List<Long> ring = new ArrayList<>();

        void add(Job job) {
            due.add(job);
            sort(due);
            if (!ring.contains(turn(job))) {
                ring.add(turn(job));
            }
        }

        void remove(Job job) {
            aside.values().forEach(jobs -> jobs.remove(job));
            aside.values().removeIf(List::isEmpty);
            due.remove(job);
            ring.removeIf(turn -> due.stream().noneMatch(other -> turn(other).equals(turn)));
        }

        List<JobId> take(int most, int retries, Set<Long> held, PerTurn perTurn) {
            for (Long caller : List.copyOf(aside.keySet())) {
                if (!held.contains(caller)) {
                    sort(aside.get(caller));
                    aside.remove(caller).forEach(this::add);
                }
            }
            List<JobId> taken = new ArrayList<>();
            Map<Long, Integer> parts = new HashMap<>();
            Predicate<Long> open = turn -> parts.getOrDefault(turn, 0) < perTurn.of(turn);
            for (Job job = first(retries, open); job != null && taken.size() < most; job = first(retries, open)) {
                remove(job);
                if (held.contains(caller(job))) {
                    aside.computeIfAbsent(caller(job), caller -> new ArrayList<>())
                            .add(job);
                } else {
                    taken.add(job.id());
                    parts.merge(turn(job), 1, Integer::sum);
                    retries -= job.attempt() > 0 ? 1 : 0;
                    if (ring.remove(turn(job))) {
                        ring.add(turn(job));
                    }
                }
            }
            return taken;
        }

        Job first(int retries, Predicate<Long> open) {
            for (Long turn : ring) {
                for (Job job : due) {
                    if (turn(job).equals(turn) && open.test(turn) && (retries > 0 || job.attempt() == 0)) {
                        return job;
                    }
                }
            }
            return null;
        }

        Model copy() {
            Model copy = new Model();
            copy.due.addAll(due);
            copy.ring.addAll(ring);
            return copy;
        }

        long ahead(int urgency, long turn) {
            long same = due.stream()
                    .filter(job -> turn(job) == turn && job.spec().urgency() <= urgency)
                    .count();
            return same
                    + ring.stream()
                            .filter(other -> other != turn)
                            .mapToLong(other -> Math.min(
                                    same + 1,
                                    due.stream()
                                            .filter(job -> turn(job).equals(other))
                                            .count()))
                            .sum();
        }

        List<Job> setAside() {
            return aside.values().stream().flatMap(List::stream).toList();
        }

        private static void sort(List<Job> jobs) {
            jobs.sort(Comparator.<Job>comparingLong(TurnsTest::rank).thenComparingLong(Job::order));
        }

        private static Long turn(Job job) {
            return job.spec().turn();
        }

        private static long caller(Job job) {
            return job.spec().caller();
        }
    }

    @Test
    void agreesWithPlainListsWhateverIsDone() {
        for (int turns : new int[] {1, 2, 5, 40}) {
            long seed = new Random().nextLong();
            agrees(turns, seed);
        }
    }

    private void agrees(int turns, long seed) {
        Random random = new Random(seed);
        DueIndex tested = new DueIndex();
        Model model = new Model();
        for (int step = 0; step < 1_500; step++) {
            int choice = random.nextInt(10);
            List<Job> waiting = new ArrayList<>(model.due);
            waiting.addAll(model.setAside());
            if (choice < 5) {
                Job job = job(random.nextInt(turns), random.nextInt(3), random.nextInt(8), random.nextInt(3) == 0);
                tested.add(job, NOW);
                model.add(job);
            } else if (choice == 5 && !waiting.isEmpty()) {
                Job gone = waiting.get(random.nextInt(waiting.size()));
                assertThat(tested.remove(gone.id())).as("seed %s", seed).isTrue();
                model.remove(gone);
            } else if (choice < 8) {
                int most = random.nextInt(6);
                int retries = random.nextInt(4);
                Set<Long> held = random.nextBoolean() ? NOBODY : Set.of((long) random.nextInt(3));
                PerTurn perTurn = random.nextBoolean()
                        ? PerTurn.ANY
                        : new PerTurn(1 + random.nextInt(3), Map.of(0L, random.nextInt(3), 1L, 9));
                assertThat(taken(tested, most, new Demand(most, Integer.MAX_VALUE, retries, held, perTurn)))
                        .as("seed %s", seed)
                        .isEqualTo(model.take(most, retries, held, perTurn));
            } else {
                Set<Long> aside = Set.copyOf(model.aside.keySet());
                taken(tested, 0, demand(0, 0, aside)); // no turn is held any more: positions do not count held ones
                assertPositions(tested, model, random, seed);
            }
            assertThat(tested.backlog().of("a").depth())
                    .isEqualTo(model.due.size() + model.setAside().size());
            assertThat(tested.backlog().of("a").delayed())
                    .isEqualTo(model.setAside().size());
            int urgency = random.nextInt(8);
            long turn = random.nextInt(turns + 1);
            assertThat(tested.backlog().ahead("a", urgency, turn))
                    .as("seed %s", seed)
                    .isEqualTo(model.ahead(urgency, turn));
        }
    }

    private static void assertPositions(DueIndex tested, Model model, Random random, long seed) {
        List<JobId> future = model.copy().take(Integer.MAX_VALUE, Integer.MAX_VALUE, NOBODY, PerTurn.ANY);
        assertThat(future).hasSameSizeAs(model.due);
        for (int i = random.nextInt(5); i < future.size(); i += 1 + random.nextInt(20)) {
            assertThat(tested.position(future.get(i), NOW))
                    .as("seed %s", seed)
                    .isBetween(i + 1L, (long) i + model.ring.size());
        }
        if (!future.isEmpty()) {
            assertThat(tested.position(future.get(0), NOW)).as("seed %s", seed).isEqualTo(1);
        }
        model.setAside()
                .forEach(job -> assertThat(tested.position(job.id(), NOW)).isZero());
    }

    @Test
    void aQuietCallerIsFoundBehindAHundredThousandJobsOfAHeldOne() {
        int many = 100_000;
        List<JobId> held = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            held.add(add(job(0, 1, 3, false)));
        }
        JobId quiet = add(job(0, 2, 3, false));
        Demand demand = demand(16, 99, Set.of(1L));
        int claims = 1;
        DueIndex.Taken taken = index.take("a", demand, 16, NOW);
        for (; taken.more(); claims++) {
            assertThat(taken.ids()).isEmpty();
            taken = index.take("a", demand, 16, NOW);
        }
        assertThat(taken.ids()).containsExactly(quiet);
        assertThat(claims).isEqualTo(many / RouteQueue.MOVED_AT_ONCE + 1);
        assertThat(index.backlog().of("a").delayed()).isEqualTo(many);

        for (int i = 0; i < many; i += 2) {
            assertThat(index.remove(held.get(i))).isTrue();
        }
        for (int i = 1; i < many; i += 2 * 250) { // in their order, although ever more come back
            List<JobId> next = new ArrayList<>();
            for (int k = 0; k < 250 && i + 2 * k < many; k++) {
                next.add(held.get(i + 2 * k));
            }
            assertThat(index.take("a", demand(250, 99, NOBODY), 250, NOW).ids()).isEqualTo(next);
        }
        assertThat(index.backlog().waiting()).isZero();
    }

    @Test
    void callersThatAreReleasedComeBackAlthoughNothingIsTaken() {
        for (int i = 0; i < 2_500; i++) {
            add(job(0, i % 5, 3, false));
        }
        take(9, 99, Set.of(0L, 1L, 2L, 3L, 4L));
        assertThat(index.backlog().of("a").delayed()).isEqualTo(2_500);
        DueIndex.Taken none = index.take("a", demand(0, 99, Set.of(0L)), 0, NOW);
        assertThat(none.more()).as("nobody could take them").isFalse();
        assertThat(index.backlog().of("a").delayed()).isEqualTo(1_500);
        assertThat(take(1_999, 99, Set.of(0L))).hasSize(1_999);
        assertThat(index.backlog().of("a").delayed()).isEqualTo(500);
        assertThat(take(1, 99, Set.of(0L))).hasSize(1);
        assertThat(take(999, 99, NOBODY)).hasSize(500);
    }

    @Test
    void manyCallersComeAndGo() {
        List<JobId> ids = new ArrayList<>();
        Set<Long> even = new HashSet<>();
        for (long caller = 0; caller < 5_000; caller++) {
            ids.add(add(job(0, caller, 3, false)));
            if (caller % 2 == 0) {
                even.add(caller);
            }
        }
        assertThat(take(9_999, 99, even)).hasSize(2_500);
        List<JobId> left = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            if (i % 20 == 0) {
                assertThat(index.remove(ids.get(i))).isTrue();
            } else if (i % 2 == 0) {
                left.add(ids.get(i));
            }
        }
        assertThat(take(9_999, 99, NOBODY)).isEqualTo(left);
        assertThat(index.backlog().waiting()).isZero();
    }

    @Test
    void whoHasTenThousandTurnsOfRetriedJobsDoesNotHideAFreshOne() {
        for (int i = 0; i < 10_000; i++) {
            add(job(i, 0, 3, true));
        }
        JobId fresh = add(job(12_345, 0, 3, false));
        assertThat(index.position(fresh, NOW)).isEqualTo(10_001);
        assertThat(take(9, 0, NOBODY)).containsExactly(fresh);
        assertThat(take(20_000, 20_000, NOBODY)).hasSize(10_000).doesNotHaveDuplicates();
    }

    @Test
    void beyondTheMostTurnsValuesShareSome() {
        int many = RouteQueue.MOST_TURNS + 10_000;
        for (int i = 0; i < many; i++) {
            add(job(1_000L * i, 0, 3, false));
        }
        JobId known = add(job(1_000L * 9, 0, 3, false));
        assertThat(index.backlog().ahead("a", 3, 1_000L * many)).isPositive();
        List<JobId> first = take(RouteQueue.MOST_TURNS, 99, NOBODY);
        assertThat(first).doesNotContain(known);
        List<JobId> rest = take(many, 99, NOBODY);
        assertThat(rest).contains(known);
        Set<JobId> all = new HashSet<>(first);
        all.addAll(rest);
        assertThat(all).hasSize(many + 1);
        assertThat(index.backlog().waiting()).isZero();
    }

    /** A long turn is alone, and others come and go, while the first is served. */
    @Test
    void positionsAreRightWhenOthersJoinALongTurn() {
        Map<JobId, Integer> places = new HashMap<>();
        for (int i = 0; i < 5_000; i++) {
            places.put(add(job(7, 0, 3, false)), i);
        }
        JobId last = places.entrySet().stream()
                .filter(place -> place.getValue() == 4_999)
                .findFirst()
                .orElseThrow()
                .getKey();
        assertThat(index.position(last, NOW)).isEqualTo(5_000);
        JobId other = add(job(8, 0, 3, false));
        assertThat(index.position(last, NOW)).isEqualTo(5_001);
        assertThat(index.position(other, NOW)).isEqualTo(2);
        assertThat(index.backlog().ahead("a", 3, 7)).isEqualTo(5_001);
        assertThat(index.backlog().ahead("a", 3, 9)).isEqualTo(2);
        index.remove(other);
        assertThat(index.position(last, NOW)).isEqualTo(5_000);
        for (int i = 0; i < 3_000; i++) {
            add(job(9, 0, 3, false));
        }
        assertThat(index.position(last, NOW)).isEqualTo(8_000);
        take(2_000, 99, NOBODY);
        assertThat(index.position(last, NOW)).isEqualTo(6_000);
    }

    private List<JobId> take(int most, int retries, Set<Long> held) {
        return taken(index, most, demand(most, retries, held));
    }

    /** Goes on as long as there is more to be gone on with. */
    private static List<JobId> taken(DueIndex from, int most, Demand demand) {
        List<JobId> ids = new ArrayList<>();
        DueIndex.Taken taken;
        do {
            taken = from.take("a", demand, most - ids.size(), NOW);
            ids.addAll(taken.ids());
        } while (taken.more());
        return ids;
    }

    private static Demand demand(int room, int retries, Set<Long> held) {
        return new Demand(room, Integer.MAX_VALUE, retries, held);
    }

    private JobId add(Job job) {
        index.add(job, NOW);
        return job.id();
    }

    private static long rank(Job job) {
        return job.spec().acceptedAt().toEpochMilli() + job.spec().urgency() * 30_000L;
    }

    private Job job(long turn, long caller, int urgency, boolean retried) {
        order++;
        Instant accepted = Instant.ofEpochMilli(NOW - 100_000_000 + order);
        return new Job(
                new JobId((NOW << 16) - order, order * 0x9E3779B97F4A7C15L),
                "a",
                order,
                JobSpec.builder(accepted, 5, Duration.ofHours(24))
                        .urgency(urgency)
                        .turn(turn)
                        .caller(caller)
                        .build(),
                JobStatus.accepted(accepted).toBuilder()
                        .attempt(retried ? 1 : 0)
                        .build());
    }
}
