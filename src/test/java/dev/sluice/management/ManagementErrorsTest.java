package dev.sluice.management;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Problem;
import dev.sluice.journal.JobErasedException;
import org.junit.jupiter.api.Test;

class ManagementErrorsTest {

    /** Which a redrive of many passes over, as it does with one that was erased before. */
    @Test
    void aJobThatIsErasedWhileItsRequestIsReadHasExpired() {
        assertThat(ManagementErrors.problem(new JobErasedException()).problem()).isEqualTo(Problem.JOB_EXPIRED);
    }
}
