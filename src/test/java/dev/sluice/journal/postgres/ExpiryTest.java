package dev.sluice.journal.postgres;

import static dev.sluice.journal.postgres.FaultsRig.LEASE;
import static dev.sluice.journal.postgres.FaultsRig.LIMIT;
import static dev.sluice.journal.postgres.FaultsRig.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobState;
import dev.sluice.journal.Journal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A lease that has expired is found in time by another node, though not each claim looks for it. */
@Timeout(60)
class ExpiryTest {

    private static final Duration SHORT = Duration.ofMillis(1_500);

    /** It is found within a second; the rest is for a machine that is busy. */
    private static final Duration FOUND = Duration.ofSeconds(6);

    private static PostgresServer server;
    private static PostgresServer.Database database;
    private static FaultsRig other;
    private static FaultsRig node;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.shared();
        database = server.newDatabase();
        other = new FaultsRig(database, 5, Duration.ofSeconds(5));
        node = new FaultsRig(database, 5, Duration.ofSeconds(5));
    }

    @AfterAll
    static void stop() throws Exception {
        other.close();
        node.close();
        server.drop(database);
    }

    @Test
    void anotherLookIsDueWhenTheFirstLeaseExpires() {
        Expiry expiry = new Expiry();
        assertThat(expiry.nextLook()).isZero();
        expiry.looked(new Expiry.Look(5_000, 5_300));
        assertThat(expiry.nextLook()).isEqualTo(5_300);
    }

    @Test
    void anotherLookIsDueAfterASecondBecauseOfLeasesThatBeganMeanwhile() {
        Expiry expiry = new Expiry();
        expiry.looked(new Expiry.Look(5_000, 35_000));
        assertThat(expiry.nextLook()).isEqualTo(6_000);
        expiry.looked(new Expiry.Look(6_000, Long.MAX_VALUE));
        assertThat(expiry.nextLook()).isEqualTo(7_000);
    }

    @Test
    void aClockThatWasSetBackIsFollowed() {
        Expiry expiry = new Expiry();
        expiry.looked(new Expiry.Look(3_600_000, 3_630_000));
        expiry.looked(new Expiry.Look(1_000, 31_000));
        assertThat(expiry.nextLook()).isEqualTo(2_000);
    }

    private static Job claimedByTheOther(String route) {
        other.accept(other.job(route));
        return get(other.journal.claim(Map.of(route, Journal.Demand.of(1)), SHORT))
                .jobs()
                .get(0);
    }

    private static Instant end(Job claimed) {
        return claimed.startedAt().plus(SHORT);
    }

    @Test
    void aNodeThatDoesNothingElseFindsIt() {
        Job claimed = claimedByTheOther("idle");
        await().atMost(LIMIT).until(() -> node.find(claimed.id()).state() == JobState.QUEUED);
        JobEvent requeued = node.history(claimed.id()).get(2);
        assertThat(requeued.at()).isBetween(end(claimed), end(claimed).plus(FOUND));
        node.assertHistory(claimed.id(), "accepted", "started", "requeued");
    }

    @Test
    void aNodeThatClaimsAllTheTimeFindsIt() {
        Job claimed = claimedByTheOther("busy");
        List<Job> again = new ArrayList<>();
        await().atMost(LIMIT).pollDelay(Duration.ZERO).until(() -> {
            for (int i = 0; i < 20 && again.isEmpty(); i++) {
                again.addAll(get(node.claim("busy")));
            }
            return !again.isEmpty();
        });
        assertThat(again).extracting(Job::id).containsExactly(claimed.id());
        assertThat(again.get(0).startedAt())
                .isBetween(end(claimed), end(claimed).plus(FOUND));
    }

    /** Its own upkeep does not help: this claim is the first thing that happens after the end. */
    @Test
    void theClaimAfterTheEndFindsIt() {
        Job claimed = claimedByTheOther("next");
        await().atMost(LIMIT)
                .until(() -> node.number("select millis()") >= end(claimed).toEpochMilli());
        assertThat(get(node.claim("next"))).extracting(Job::id).containsExactly(claimed.id());
        assertThat(get(node.journal.renew(List.of(claimed), LEASE))).containsExactly(claimed.id());
    }
}
