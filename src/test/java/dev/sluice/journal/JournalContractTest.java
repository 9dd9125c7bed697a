package dev.sluice.journal;

import dev.sluice.InMemory;
import dev.sluice.job.JobId;
import dev.sluice.job.JobIds;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every adapter of {@link Journal} promises. An adapter's test extends this and says how to open it; a part of the
 * contract is an interface of its own, so that each fits on a screen or two.
 */
@Timeout(60)
public abstract class JournalContractTest
        implements AppendContract,
                IdempotencyContract,
                ClaimContract,
                StandingContract,
                TurnContract,
                RetryCapContract,
                HeldCallerContract,
                LeaseContract,
                DeadlineContract,
                PositionContract,
                ClientContract,
                ListContract,
                TransitionContract,
                TryContract,
                ParkedContract,
                CompletionContract,
                ReportContract,
                BodyContract,
                CredentialsContract,
                FollowUpContract,
                AnswerContract,
                OutputContract,
                HistoryContract,
                TailContract,
                RetentionContract,
                RecoveryContract,
                GroupContract,
                GroupHistoryContract,
                GroupEndContract,
                ShutdownContract,
                ThreadContract,
                FactsContract,
                SharedValuesContract {

    @TempDir(factory = InMemory.class)
    private Path directory;

    private final MutableClock clock = new MutableClock();
    private final TestFollowUps followUps = new TestFollowUps();
    private JobIds ids;
    private Journal journal;

    /** Opens a journal on a directory, which is empty or was left by an earlier journal, with the {@link #followUps}. */
    protected abstract Journal open(Path storage, MutableClock time) throws Exception;

    @Override
    public Clock time() {
        return clock;
    }

    @Override
    public abstract boolean durable();

    @Override
    public final TestFollowUps followUps() {
        return followUps;
    }

    /** Whether all it holds is in the directory it was opened on, so that a copy of that is what a killed process leaves. */
    protected boolean inDirectory() {
        return durable();
    }

    @BeforeEach
    final void open() throws Exception {
        journal = open(directory.resolve("one"), clock);
        ids = new JobIds(time());
    }

    @AfterEach
    final void close() {
        journal.close();
    }

    @Override
    public final Journal journal() {
        return journal;
    }

    @Override
    public final MutableClock clock() {
        return clock;
    }

    @Override
    public final JobId newId() {
        return ids.next();
    }

    @Override
    public final Journal reopen() {
        Assumptions.assumeTrue(durable(), "nothing survives the closing of this adapter");
        journal.close();
        return openAt("one");
    }

    @Override
    public Journal killAndReopen() {
        Assumptions.assumeTrue(inDirectory(), "this adapter keeps nothing in its directory");
        Directories.copy(directory.resolve("one"), directory.resolve("two"));
        journal.close();
        return openAt("two");
    }

    /** Opens the journal again, on what is stored under that name. */
    protected final Journal openAt(String name) {
        try {
            journal = open(directory.resolve(name), clock);
            ids = new JobIds(time());
            return journal;
        } catch (Exception e) {
            throw new AssertionError("the journal does not open again", e);
        }
    }
}
