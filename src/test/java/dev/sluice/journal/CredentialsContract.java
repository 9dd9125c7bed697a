package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.RequeueReason;
import dev.sluice.job.Transition;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Credentials are there as long as their job needs them, and nobody reads them afterwards. */
interface CredentialsContract extends JournalRig {

    String[] SENT = {"Accept", "a", "Cookie", "one", "X-Other", "b", "authorization", "Bearer two", "Cookie", "three"};

    @Test
    default void credentialsAreReadInTheirPlacesAsLongAsTheJobIsUnfinished() {
        Job job = accept(draft().headers(SENT).attempts(3));
        assertThat(headers(job.id())).isEqualTo(Headers.of(SENT));
        Job running = claimOne();
        assertThat(headers(job.id())).as("running").isEqualTo(Headers.of(SENT));
        get(journal().record(running, new Transition.Requeue(RequeueReason.RETRY, clock().instant(), FAILURE)));
        assertThat(headers(job.id())).as("to be tried again").isEqualTo(Headers.of(SENT));
        claimOne();
        clock().advance(LEASE.plusMillis(1));
        claimOne();
        assertThat(headers(job.id())).as("after a lost lease").isEqualTo(Headers.of(SENT));
    }

    @Test
    default void credentialsSurviveTheProcess() {
        Job ended = finished(draft().headers(SENT));
        Job job = accept(draft().headers(SENT));
        killAndReopen();
        assertThat(headers(job.id())).isEqualTo(Headers.of(SENT));
        areGone(ended.id());
    }

    @Test
    default void credentialsGoWithEachKindOfEnd() {
        accept(draft().headers(SENT));
        areGone(get(succeed(claimOne(), "done")).id());

        accept(draft().headers(SENT));
        areGone(get(journal().record(claimOne(), new Transition.Fail(FAILURE, null)))
                .id());

        areGone(get(journal().cancel(accept(draft().headers(SENT)).id())).id());

        accept(draft().headers(SENT));
        areGone(get(journal().cancel(claimOne().id())).id());

        JobId late =
                accept(draft().headers(SENT).deadlineIn(Duration.ofSeconds(1))).id();
        clock().advance(Duration.ofSeconds(2));
        get(journal().failOverdue());
        areGone(late);

        accept(draft().headers(SENT).attempts(1));
        Job lost = claimOne();
        clock().advance(LEASE.plusMillis(1));
        claim(ROUTE, 1);
        areGone(lost.id());
    }

    @Test
    default void ofAFinishedRequestTheRestIsAsItWasSent() {
        Job job = finished(draft().headers(SENT).target("/with?x=1").body("whole"));
        StoredRequest request = get(journal().request(job.id()));
        assertThat(Credentials.areGone(request.head())).isTrue();
        assertThat(Credentials.without(request.head()).headers()).isEqualTo(Headers.of("Accept", "a", "X-Other", "b"));
        assertThat(request.head().target()).isEqualTo("/with?x=1");
        assertThat(JournalRig.text(request.body())).isEqualTo("whole");
    }

    @Test
    default void aRequestWithoutCredentialsMissesNone() {
        Job job = finished(draft().headers("Accept", "a"));
        StoredRequest request = get(journal().request(job.id()));
        assertThat(Credentials.areGone(request.head())).isFalse();
        assertThat(request.head().headers()).isEqualTo(Headers.of("Accept", "a"));
    }

    private Headers headers(JobId id) {
        return get(journal().request(id)).head().headers();
    }

    private void areGone(JobId id) {
        assertThat(find(id).state().finished()).isTrue();
        assertThat(get(journal().request(id)).head().toString())
                .doesNotContain("one", "two", "three")
                .contains("X-Other");
    }
}
