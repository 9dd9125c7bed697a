package dev.sluice.loadtest.report;

import java.io.PrintStream;
import java.util.Locale;

/** The table at the end of a run. */
public final class Terminal {

    private Terminal() {}

    public static void print(Run run, PrintStream out) {
        out.printf(Locale.ROOT, "%n%s: %s%n%n", run.scenario(), run.question());
        for (Figure figure : run.figures()) {
            out.printf(Locale.ROOT, "  %-58s %12s %s%n", figure.name(), Numbers.text(figure.value()), figure.unit());
        }
        if (!run.accounts().isEmpty()) {
            out.println();
        }
        for (Account account : run.accounts()) {
            String verdict =
                    account.promise() == Account.Promise.NONE ? "" : account.good() ? "ok" : "BROKEN: must be 0";
            out.printf(Locale.ROOT, "  %-58s %,12d %s%n", account.name(), account.value(), verdict);
        }
        for (String note : run.notes()) {
            out.println("\n  " + note);
        }
        out.println();
    }
}
