package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.JobId;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JournalOverloadedException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.publisher.TestPublisher;

/** A backend that uploads its answer for longer than the time-out is not taken for silent. */
class SignsOfLifeTest {

    private static final JobId ID = new JobId(1, 2);

    private final AtomicLong nanos = new AtomicLong(-7);
    private final List<Object> heard = new ArrayList<>();
    private Mono<?> answer = Mono.empty();

    private final JobIntake journal = (JobIntake) Proxy.newProxyInstance(
            JobIntake.class.getClassLoader(), new Class<?>[] {JobIntake.class}, (proxy, method, arguments) -> {
                assertThat(method.getName()).isEqualTo("hear");
                return Mono.defer(() -> {
                    heard.add(List.of(arguments));
                    return answer;
                });
            });
    private final SignsOfLife signs = new SignsOfLife(journal, ID, 3, Duration.ofSeconds(60), nanos::get);

    @Test
    void itIsHeardAtTheBeginAndEachThirdOfTheTimeoutWhileBytesCome() {
        signs.begin().block();
        assertThat(heard).containsExactly(List.of(ID, 3));
        TestPublisher<byte[]> body = TestPublisher.create();
        List<byte[]> passed = new ArrayList<>();
        signs.of(body.flux()).subscribe(passed::add);
        for (int second = 1; second <= 60; second++) {
            nanos.addAndGet(Duration.ofSeconds(1).toNanos());
            body.next(new byte[1]);
        }
        assertThat(heard).hasSize(4);
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(heard).as("none while nothing comes").hasSize(4);
        assertThat(passed).hasSize(60);
    }

    @Test
    void whatCannotBeRecordedDoesNotEndTheUpload() {
        answer = Mono.error(new JournalOverloadedException());
        signs.begin().block();
        TestPublisher<byte[]> body = TestPublisher.create();
        List<byte[]> passed = new ArrayList<>();
        signs.of(body.flux()).subscribe(passed::add);
        nanos.addAndGet(Duration.ofSeconds(20).toNanos());
        body.next(new byte[1]);
        assertThat(heard).hasSize(2);
        assertThat(passed).hasSize(1);
    }
}
