package dev.sluice.loadtest.account;

import dev.sluice.loadtest.report.Account;
import java.util.ArrayList;
import java.util.List;

/** What became of everything that was accepted, and what was promised about it. May be used by several threads. */
public final class Accounts {

    private final List<Account> lines = new ArrayList<>();

    /** A value that only tells; added to one of the same name. */
    public void count(String name, long value) {
        add(name, value, Account.Promise.NONE);
    }

    /** A value that must be 0 for the run to be good; added to one of the same name. */
    public void zero(String name, long value) {
        add(name, value, Account.Promise.ZERO);
    }

    private synchronized void add(String name, long value, Account.Promise promise) {
        for (int i = 0; i < lines.size(); i++) {
            Account line = lines.get(i);
            if (line.name().equals(name)) {
                lines.set(i, new Account(name, line.value() + value, promise));
                return;
            }
        }
        lines.add(new Account(name, value, promise));
    }

    public synchronized List<Account> lines() {
        return List.copyOf(lines);
    }
}
