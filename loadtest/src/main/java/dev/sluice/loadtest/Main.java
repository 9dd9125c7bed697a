package dev.sluice.loadtest;

import dev.sluice.loadtest.compare.Comparison;
import dev.sluice.loadtest.report.JsonFiles;
import dev.sluice.loadtest.report.Run;
import dev.sluice.loadtest.rig.RigException;
import dev.sluice.loadtest.scenario.Help;
import dev.sluice.loadtest.scenario.Runner;
import dev.sluice.loadtest.scenario.Scenario;
import dev.sluice.loadtest.scenario.Scenarios;
import dev.sluice.loadtest.scenario.UsageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The commands {@code run} and {@code compare}. Ends with 0, 1 if a promise was broken, 2 if the run could not be made. */
public final class Main {

    private static final int BROKEN = 1;
    private static final int IMPOSSIBLE = 2;

    // Connections that break are counted where that matters; a log of them would hide the progress.
    private static final Logger QUIET = Logger.getLogger("reactor.netty");

    private Main() {}

    public static void main(String[] args) {
        System.setProperty("reactor.logging.fallback", "JDK");
        QUIET.setLevel(Level.OFF);
        System.setProperty(
                "reactor.netty.ioWorkerCount",
                Integer.toString(Runtime.getRuntime().availableProcessors()));
        System.exit(command(List.of(args)));
    }

    private static int command(List<String> words) {
        try {
            if (words.isEmpty()) {
                throw new UsageException("run or compare is expected");
            }
            List<String> rest = words.subList(1, words.size());
            return switch (words.get(0)) {
                case "run" -> run(rest);
                case "compare" -> compare(rest);
                default -> throw new UsageException(words.get(0) + " is no command; run or compare is expected");
            };
        } catch (UsageException | IllegalArgumentException | RigException e) {
            System.err.println(e.getMessage());
            return IMPOSSIBLE;
        } catch (Exception e) {
            e.printStackTrace();
            return IMPOSSIBLE;
        }
    }

    private static int run(List<String> words) throws Exception {
        if (words.isEmpty() || words.get(0).equals("--help")) {
            Help.scenarios(System.out);
            return 0;
        }
        Scenario scenario = Scenarios.named(words.get(0))
                .orElseThrow(
                        () -> new UsageException("there is no scenario " + words.get(0) + "; see loadtest/run --help"));
        List<String> options = words.subList(1, words.size());
        if (options.contains("--help")) {
            Help.scenario(scenario, System.out);
            return 0;
        }
        return new Runner(Path.of(System.getProperty("sluice.loadtest.home", "loadtest"))).run(scenario, options)
                ? 0
                : BROKEN;
    }

    private static int compare(List<String> words) throws IOException {
        int between = words.indexOf("--");
        boolean one = between < 0 && words.size() == 2;
        if (words.contains("--help") || !(one || between > 0 && between < words.size() - 1)) {
            System.out.println("""
                    loadtest/compare before.json after.json
                    loadtest/compare before1.json before2.json ... -- after1.json after2.json ...

                    With several runs on each side the noise is that between runs, which is what counts.""");
            return words.contains("--help") ? 0 : IMPOSSIBLE;
        }
        int split = one ? 1 : between;
        new Comparison(read(words.subList(0, split)), read(words.subList(one ? 1 : between + 1, words.size())))
                .print(System.out);
        return 0;
    }

    private static List<Run> read(List<String> files) throws IOException {
        List<Run> runs = new ArrayList<>();
        for (String file : files) {
            runs.add(JsonFiles.read(Path.of(file)));
        }
        return runs;
    }
}
