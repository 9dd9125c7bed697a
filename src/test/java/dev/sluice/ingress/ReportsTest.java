package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.Progress;
import dev.sluice.job.Transition.Report;
import dev.sluice.journal.Draft;
import dev.sluice.journal.Journal;
import dev.sluice.representation.ProblemException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** How reports that come too fast are merged, on a clock that stands still until it is moved. */
class ReportsTest {

    private static final JobId ONE = new JobId(1, 1);
    private static final JobId TWO = new JobId(1, 2);

    private final List<String> recorded = new ArrayList<>();
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private Mono<Job> answer = Mono.empty();
    private final Reports reports = new Reports(journal(), time);

    private Journal journal() {
        return (Journal) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Journal.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("report");
                    String what = arguments[0].equals(ONE) ? "one" : "two";
                    Report report = (Report) arguments[1];
                    return Mono.defer(() -> {
                        recorded.add(what + " " + report.progress().percent().intValue());
                        return answer;
                    });
                });
    }

    private void take(JobId job, double percent) {
        reports.take(job, new Report(new Progress(percent, null), null))
                .onErrorComplete(ProblemException.class) // the journal knows no job
                .as(StepVerifier::create)
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void theFirstIsRecordedAtOnceAndTheNewestOfABurstWithinTheTenthOfASecond() {
        take(ONE, 1);
        assertThat(recorded).containsExactly("one 1");
        for (int percent = 2; percent <= 50; percent++) {
            take(ONE, percent);
        }
        time.advanceTimeBy(Duration.ofMillis(99));
        assertThat(recorded).containsExactly("one 1");
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(recorded).containsExactly("one 1", "one 50");
    }

    @Test
    void noMoreThanTenASecondAreRecordedHoweverManyCome() {
        for (int tick = 0; tick < 1000; tick++) {
            take(ONE, tick % 100);
            time.advanceTimeBy(Duration.ofMillis(1));
        }
        assertThat(recorded).hasSizeBetween(10, 11).first().isEqualTo("one 0");
        time.advanceTimeBy(Duration.ofMillis(100));
        assertThat(recorded).last().isEqualTo("one 99");
    }

    @Test
    void whatComesSlowlyIsRecordedAtOnce() {
        for (int percent = 0; percent < 5; percent++) {
            take(ONE, percent);
            assertThat(recorded).hasSize(percent + 1).last().isEqualTo("one " + percent);
            time.advanceTimeBy(Duration.ofMillis(100));
        }
    }

    @Test
    void jobsDoNotWaitForEachOther() {
        take(ONE, 1);
        take(TWO, 2);
        take(ONE, 3);
        assertThat(recorded).containsExactly("one 1", "two 2");
        time.advanceTimeBy(Duration.ofMillis(100));
        assertThat(recorded).containsExactly("one 1", "two 2", "one 3");
    }

    @Test
    void nothingIsLeftBehind() {
        take(ONE, 1);
        take(ONE, 2);
        take(TWO, 1);
        assertThat(reports.paced()).isEqualTo(2);
        time.advanceTimeBy(Duration.ofMillis(100));
        assertThat(reports.paced()).as("one has just been recorded").isEqualTo(1);
        time.advanceTimeBy(Duration.ofMillis(100));
        assertThat(reports.paced()).isZero();
        recorded.clear();
        time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(recorded).isEmpty();
    }

    @Test
    void whatWaitsIsDroppedWhenTheJobEndsOrTheGatewayDoes() {
        take(ONE, 1);
        take(ONE, 2);
        answer = Mono.error(new IllegalTransitionException(job(), "report progress"));
        time.advanceTimeBy(Duration.ofMillis(200));
        assertThat(recorded).containsExactly("one 1", "one 2");
        assertThat(reports.paced()).isZero();

        take2();
        reports.close();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(recorded).containsExactly("one 1", "one 2", "two 1");
    }

    private void take2() {
        answer = Mono.empty();
        take(TWO, 1);
        take(TWO, 2);
    }

    private static Job job() {
        return new Draft(ONE, Instant.EPOCH).attempts(1).job().accepted(1);
    }
}
