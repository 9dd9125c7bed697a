package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.measure.Charts;
import dev.sluice.loadtest.measure.Progress;
import dev.sluice.loadtest.report.JsonFiles;
import dev.sluice.loadtest.report.Page;
import dev.sluice.loadtest.report.Plots;
import dev.sluice.loadtest.report.Run;
import dev.sluice.loadtest.report.Series;
import dev.sluice.loadtest.report.Terminal;
import dev.sluice.loadtest.rig.Installation;
import dev.sluice.loadtest.rig.JournalKind;
import dev.sluice.loadtest.rig.Rig;
import dev.sluice.loadtest.rig.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Runs a scenario from its options to its report. */
public final class Runner {

    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

    private final Path loadtest;

    /** Runs those of the kit in a directory. */
    public Runner(Path loadtest) {
        this.loadtest = loadtest;
    }

    /** All options of a scenario: its own come first. A common one that it names itself has the usual value that it says. */
    static List<Option<?>> options(Scenario scenario) {
        List<Option<?>> options = new ArrayList<>(scenario.options());
        Common.ALL.stream()
                .filter(common ->
                        scenario.options().stream().noneMatch(own -> own.name().equals(common.name())))
                .forEach(options::add);
        return options;
    }

    /**
     * Does it and leaves its report.
     *
     * @param words the options as they were given
     * @return whether every promise was kept
     */
    public boolean run(Scenario scenario, List<String> words) throws Exception {
        Options options = Options.parse(options(scenario), words);
        Settings settings = settings(options);
        Progress progress = new Progress(System.out, System.console() != null);
        Instant begun = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        Run run;
        try (Rig rig = new Rig(settings)) {
            Bench bench = new Bench(options, rig, progress);
            try (bench) {
                scenario.run(bench);
            }
            run = report(scenario, words, begun, bench, Environment.of(settings, rig.work(), bench.anyGateway()));
        }
        write(run, begun, options);
        return run.good();
    }

    private Settings settings(Options options) {
        String java = options.get(Common.JAVA);
        String given = options.get(Common.JAR);
        Path jar = given.isEmpty()
                ? loadtest.resolveSibling("target").resolve("sluice.jar")
                : Path.of(given).toAbsolutePath();
        String program = java.isEmpty()
                ? Path.of(System.getProperty("java.home"), "bin", "java").toString()
                : java;
        return new Settings(
                loadtest,
                jar,
                given.isEmpty() ? Installation.find(jar, Path.of(program)) : Optional.empty(),
                program,
                List.of(options.get(Common.JVM_OPTIONS).strip().split("\\s+")),
                JournalKind.valueOf(options.get(Common.JOURNAL).toUpperCase(Locale.ROOT)),
                options.get(Common.DATABASE_URL),
                options.get(Common.PG_BIN));
    }

    private static Run report(
            Scenario scenario, List<String> words, Instant begun, Bench bench, Map<String, String> environment) {
        List<Series> series = new ArrayList<>(bench.timeline().series());
        series.sort(Comparator.comparingInt(Runner::place));
        return new Run(
                Run.FORMAT,
                scenario.name(),
                scenario.question(),
                begun.toString(),
                bench.timeline().now(),
                ("loadtest/run " + scenario.name() + " " + String.join(" ", words)).strip(),
                environment,
                List.copyOf(bench.figures()),
                bench.accounts().lines(),
                List.copyOf(bench.phases()),
                List.copyOf(bench.distributions()),
                series,
                List.copyOf(bench.notes()));
    }

    private static int place(Series series) {
        int place = Charts.ORDER.indexOf(series.chart());
        return place < 0 ? Charts.ORDER.size() : place;
    }

    private void write(Run run, Instant begun, Options options) throws IOException {
        String out = options.get(Common.OUT);
        Path directory = out.isEmpty() ? loadtest.resolve("target").resolve("reports") : Path.of(out);
        Files.createDirectories(directory);
        String name = run.scenario() + "-" + STAMP.format(begun.atOffset(ZoneOffset.UTC));
        Path json = directory.resolve(name + ".json");
        Path page = directory.resolve(name + ".html");
        JsonFiles.write(run, json);
        Page.write(run, page);
        if (!options.get(Common.SVG).isEmpty()) {
            Plots.write(run, Path.of(options.get(Common.SVG)));
        }
        Terminal.print(run, System.out);
        System.out.println(page.toAbsolutePath() + "\n" + json.toAbsolutePath());
    }
}
