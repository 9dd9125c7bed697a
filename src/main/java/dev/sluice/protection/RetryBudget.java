package dev.sluice.protection;

import dev.sluice.job.Job;
import dev.sluice.route.CallPolicy;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Keeps retries from making up more than a fifth of the calls of a route that fails, on each node: while its breaker is not
 * closed, or more than a fifth of its last 50 calls failed. Each job that is called for the first time pays for a quarter of a
 * retry. If there is no such job retries go on, at most as many at once as a fifth of the route's concurrency (at least one):
 * with a concurrency of 16 and calls of 1 s, 3 retries a second.
 */
final class RetryBudget implements Protection {

    private static final int WINDOW = 50;
    private static final double SHARE = 0.25; // of a retry per new call: a fifth of all
    private static final int PART = 5;

    private final Predicate<String> troubled;
    private final Changes changes;
    private final Map<String, Account> accounts = new ConcurrentHashMap<>();

    /**
     * Makes the budgets of all routes.
     *
     * @param troubled whether the breaker of a route is not closed
     */
    RetryBudget(Predicate<String> troubled, Changes changes) {
        this.troubled = troubled;
        this.changes = changes;
    }

    /** The account of one route; guarded by itself. */
    private static final class Account {
        private final CallWindow calls = new CallWindow(WINDOW);
        private boolean failing;
        private boolean nothingNew;
        private double saved;
    }

    @Override
    public Opening opening(CallPolicy policy, int underWay, Instant now) {
        boolean open = troubled.test(policy.id());
        Account account = account(policy);
        synchronized (account) {
            boolean failing = open || account.calls.failures() * PART > WINDOW;
            if (failing && !account.failing) {
                account.saved = 1;
                account.nothingNew = false;
            }
            account.failing = failing;
            if (!failing) {
                return Opening.FREE;
            }
            int retries = (int) account.saved;
            if (account.nothingNew) {
                int part = Math.max(1, policy.concurrency().perNode() / PART);
                retries = Math.max(retries, part - underWay);
            }
            return new Opening(Integer.MAX_VALUE, retries, Set.of(), Instant.MAX);
        }
    }

    @Override
    public void claimed(CallPolicy policy, Collection<Job> jobs, Instant now) {
        Account account = account(policy);
        boolean look = false;
        synchronized (account) {
            if (!account.failing) {
                return;
            }
            long retried = jobs.stream().filter(job -> job.attempt() > 1).count();
            long fresh = jobs.size() - retried;
            double most = Math.max(1, policy.concurrency().perNode() * SHARE);
            account.saved = Math.max(0, Math.min(most, account.saved + fresh * SHARE) - retried);
            if (fresh > 0) {
                account.nothingNew = false;
            } else if (jobs.isEmpty() && !account.nothingNew) {
                account.nothingNew = true;
                look = true;
            }
        }
        if (look) {
            changes.signal();
        }
    }

    @Override
    public void ended(CallPolicy policy, EndedCall call, Instant now) {
        if (call.end() == EndedCall.End.ANSWERED || call.end() == EndedCall.End.FAILED) {
            Account account = account(policy);
            synchronized (account) {
                account.calls.add(call.end() == EndedCall.End.FAILED);
            }
        }
    }

    private Account account(CallPolicy policy) {
        return accounts.computeIfAbsent(policy.id(), route -> new Account());
    }
}
