package dev.sluice.journal.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobStatus;
import dev.sluice.journal.Draft;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ParkedIndexTest {

    private static final Instant NOW = Instant.parse("2026-11-28T10:00:00Z");

    private final ParkedIndex index = new ParkedIndex();

    @Test
    void takesWhatIsDueTheEarliestFirst() {
        index.put(job(1, "a", 3));
        index.put(job(2, "a", 1));
        index.put(job(3, "a", 2));
        index.put(job(4, "b", 0));
        index.put(job(5, "a", 9));
        assertThat(index.take("a", 2, NOW.plusMillis(5))).containsExactly(id(2), id(3));
        assertThat(index.take("a", 2, NOW.plusMillis(5))).containsExactly(id(1));
        assertThat(index.nextDue("a")).isEqualTo(NOW.plusMillis(9));
        assertThat(index.nextDue("b")).isEqualTo(NOW);
        assertThat(index.nextDue("c")).isEqualTo(Instant.MAX);
    }

    @Test
    void holdsThousandsThatComeAndGoAndMove() {
        Random random = new Random(7);
        Map<JobId, Job> model = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            Job job = job(random.nextInt(3_000), "a", random.nextInt(1_000));
            if (random.nextInt(3) > 0) {
                index.put(job);
                model.put(job.id(), job);
            } else {
                index.remove(job.id());
                model.remove(job.id());
            }
            assertThat(index.size()).isEqualTo(model.size());
        }
        List<Instant> taken = new ArrayList<>();
        for (JobId id : index.take("a", Integer.MAX_VALUE, NOW.plusSeconds(1))) {
            taken.add(model.remove(id).dueAt());
        }
        assertThat(taken).isSortedAccordingTo(Comparator.naturalOrder());
        assertThat(model).isEmpty();
        assertThat(index.size()).isZero();
    }

    private static JobId id(int number) {
        return new JobId(number * 0x9E37L, number);
    }

    private static Job job(int number, String route, int dueMillis) {
        Job accepted = new Draft(id(number), NOW).route(route).job().accepted(number);
        JobStatus status =
                accepted.status().toBuilder().dueAt(NOW.plusMillis(dueMillis)).build();
        return new Job(accepted.id(), accepted.route(), accepted.order(), accepted.spec(), status);
    }
}
