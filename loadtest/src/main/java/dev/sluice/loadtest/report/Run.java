package dev.sluice.loadtest.report;

import java.util.List;
import java.util.Map;

/**
 * All that a run leaves; its JSON form is read by {@code loadtest/compare}.
 *
 * @param format of this file; what reads it refuses another one
 * @param begun when, ISO 8601 in UTC
 * @param command as it was given
 * @param environment what it ran on, name by name, in the order in which it is shown
 * @param accounts what became of every job
 * @param notes what a reader must know beside the figures
 */
public record Run(
        int format,
        String scenario,
        String question,
        String begun,
        double seconds,
        String command,
        Map<String, String> environment,
        List<Figure> figures,
        List<Account> accounts,
        List<Stretch> phases,
        List<Distribution> distributions,
        List<Series> series,
        List<String> notes) {

    /** The present format. */
    public static final int FORMAT = 1;

    /** Whether everything that was promised is so. */
    public boolean good() {
        return accounts.stream().allMatch(Account::good);
    }
}
