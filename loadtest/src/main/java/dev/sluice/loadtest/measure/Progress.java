package dev.sluice.loadtest.measure;

import java.io.PrintStream;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * The line that says once a second how far a run is: phase, rate, p99 of the last second, errors, time left. On a terminal it
 * is written over the one before.
 */
public final class Progress {

    private final PrintStream out;
    private final boolean terminal;
    private Object shown = this;
    private long done;
    private long failed;
    private int width;
    private String noted = "";

    public Progress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Shows the last second of a phase; returns the errors a second. */
    synchronized double show(Phase phase, Histogram interval, double seconds) {
        if (phase != shown) {
            shown = phase;
            done = 0;
            failed = 0;
        }
        long doneNow = phase.done().sum() + phase.latency().count();
        long failedNow = phase.failed().sum();
        double rate = (doneNow - done) / seconds;
        double errors = (failedNow - failed) / seconds;
        done = doneNow;
        failed = failedNow;
        String p99 = interval.getTotalCount() == 0
                ? "     –"
                : String.format(Locale.ROOT, "%6.1f", Latencies.millis(interval, 99));
        String shownRate = doneNow == 0 ? "–" : String.format(Locale.ROOT, "%,.0f", rate);
        print(String.format(
                Locale.ROOT,
                "%-24s %9s/s   p99 %s ms   errors %,d   %s",
                phase.name(),
                shownRate,
                p99,
                failedNow,
                left(phase.secondsLeft(rate, doneNow))));
        return errors;
    }

    private static String left(double seconds) {
        if (seconds < 0) {
            return "";
        }
        long whole = Math.round(seconds);
        return String.format(Locale.ROOT, "%d:%02d left", whole / 60, whole % 60);
    }

    /** Says something beside the line. */
    public synchronized void say(String text) {
        end();
        out.println(text);
    }

    /** Something could not be sampled: said once, not every second. */
    synchronized void note(RuntimeException cause) {
        String text = String.valueOf(cause.getMessage());
        if (!text.equals(noted)) {
            noted = text;
            say("not sampled: " + text);
        }
    }

    private void print(String line) {
        if (terminal) {
            out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
            out.flush();
            width = line.length();
        } else {
            out.println(line);
        }
    }

    /** Leaves the line as it is and goes to the next. */
    synchronized void end() {
        if (width > 0) {
            out.println();
            width = 0;
        }
    }
}
