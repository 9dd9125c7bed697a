package dev.sluice.loadtest.scenario;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** What {@code --help} says. */
public final class Help {

    private Help() {}

    /** The scenarios, one line each. */
    public static void scenarios(PrintStream out) {
        out.println("loadtest/run <scenario> [options]     loadtest/run <scenario> --help\n");
        for (Scenario scenario : Scenarios.ALL) {
            out.printf(Locale.ROOT, "  %-16s %s%n", scenario.name(), scenario.question());
        }
        out.println(
                "\nThe exit status is 0 if every promise was kept, 1 if one was broken, 2 if the run could not be made.");
    }

    /** The options of one. */
    public static void scenario(Scenario scenario, PrintStream out) {
        out.println("loadtest/run " + scenario.name() + " [options]\n\n" + scenario.question() + "\n");
        options(scenario.options(), out);
        out.println("\nof every scenario:");
        options(
                Runner.options(scenario)
                        .subList(
                                scenario.options().size(),
                                Runner.options(scenario).size()),
                out);
    }

    private static void options(List<Option<?>> options, PrintStream out) {
        for (Option<?> option : options) {
            String usual = option.usual().isEmpty() ? "" : " (" + option.usual() + ")";
            out.printf(Locale.ROOT, "  %-34s %s%s%n", "--" + option.name() + " " + option.meta(), option.help(), usual);
        }
    }
}
