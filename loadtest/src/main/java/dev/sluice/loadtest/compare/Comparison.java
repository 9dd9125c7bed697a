package dev.sluice.loadtest.compare;

import dev.sluice.loadtest.report.Account;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.report.Numbers;
import dev.sluice.loadtest.report.Run;
import java.io.PrintStream;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Runs of the same scenario before and after a change, side by side. */
public final class Comparison {

    private final List<Run> before;
    private final List<Run> after;

    /**
     * Compares runs. With one on each side the noise is taken from their slices, with several from the runs themselves.
     *
     * @throws IllegalArgumentException if they are not of one scenario
     */
    public Comparison(List<Run> before, List<Run> after) {
        this.before = before;
        this.after = after;
        Set<String> scenarios = new LinkedHashSet<>();
        before.forEach(run -> scenarios.add(run.scenario()));
        after.forEach(run -> scenarios.add(run.scenario()));
        if (scenarios.size() != 1) {
            throw new IllegalArgumentException("runs of different scenarios cannot be compared: " + scenarios);
        }
    }

    public void print(PrintStream out) {
        Run first = before.get(0);
        out.printf(Locale.ROOT, "%s: %s%n%n", first.scenario(), first.question());
        differences(out);
        out.printf(Locale.ROOT, "%-58s %12s %12s %8s%n", "", "before", "after", "ratio");
        for (Figure figure : first.figures()) {
            if (after.stream().allMatch(run -> named(run, figure.name()) != null)) {
                line(out, figure);
            }
        }
        accounts(out);
    }

    private void line(PrintStream out, Figure figure) {
        Sample one = sample(before, figure.name());
        Sample two = sample(after, figure.name());
        boolean runs = before.size() > 1 && after.size() > 1;
        out.printf(
                Locale.ROOT,
                "%-58s %12s %12s %8s  %s%n",
                figure.name() + (figure.unit().isEmpty() ? "" : ", " + figure.unit()),
                Numbers.text(one.mean()),
                Numbers.text(two.mean()),
                one.mean() == 0 ? "" : String.format(Locale.ROOT, "%.2f", two.mean() / one.mean()),
                Verdict.of(one, two, figure.better(), runs).words());
    }

    private static Sample sample(List<Run> runs, String name) {
        if (runs.size() == 1) {
            Figure figure = named(runs.get(0), name);
            return figure == null ? new Sample(Double.NaN, List.of()) : new Sample(figure.value(), figure.slices());
        }
        List<Double> values = runs.stream()
                .map(run -> named(run, name))
                .filter(java.util.Objects::nonNull)
                .map(Figure::value)
                .toList();
        return new Sample(values.stream().mapToDouble(value -> value).average().orElse(Double.NaN), values);
    }

    private static @org.jspecify.annotations.Nullable Figure named(Run run, String name) {
        return run.figures().stream()
                .filter(figure -> figure.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** What else is different, which may be the reason. */
    private void differences(PrintStream out) {
        Run one = before.get(0);
        Run two = after.get(0);
        one.environment().forEach((name, value) -> {
            String other = two.environment().getOrDefault(name, "");
            if (!other.equals(value)) {
                out.printf(Locale.ROOT, "not the same: %s: %s, %s%n", name, value, other);
            }
        });
        if (!one.command().equals(two.command())) {
            out.printf(Locale.ROOT, "not the same: %s%n              %s%n", one.command(), two.command());
        }
    }

    private void accounts(PrintStream out) {
        for (List<Run> side : List.of(before, after)) {
            for (Run run : side) {
                run.accounts().stream()
                        .filter(account -> !account.good())
                        .forEach(account -> broken(out, side == before ? "before" : "after", account));
            }
        }
    }

    private static void broken(PrintStream out, String side, Account account) {
        out.printf(Locale.ROOT, "BROKEN %s: %s is %,d and must be 0%n", side, account.name(), account.value());
    }
}
