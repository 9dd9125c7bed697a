package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.Accounts;
import dev.sluice.loadtest.measure.DiskProbe;
import dev.sluice.loadtest.measure.GatewayProbe;
import dev.sluice.loadtest.measure.Latencies;
import dev.sluice.loadtest.measure.MachineProbe;
import dev.sluice.loadtest.measure.Phase;
import dev.sluice.loadtest.measure.Probe;
import dev.sluice.loadtest.measure.ProcessProbe;
import dev.sluice.loadtest.measure.Progress;
import dev.sluice.loadtest.measure.Sampler;
import dev.sluice.loadtest.measure.ThreadProbe;
import dev.sluice.loadtest.measure.Timeline;
import dev.sluice.loadtest.report.Distribution;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.report.Stretch;
import dev.sluice.loadtest.rig.Backend;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.GatewaySetup;
import dev.sluice.loadtest.rig.ProcessStats;
import dev.sluice.loadtest.rig.Rig;
import dev.sluice.loadtest.rig.RigException;
import dev.sluice.loadtest.rig.Started;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What a scenario has at hand: the rig, the sampler, the accounts, and the report that comes of it. */
public final class Bench implements AutoCloseable {

    private final Options options;
    private final Rig rig;
    private final Progress progress;
    private final Timeline timeline = new Timeline();
    private final Sampler sampler;
    private final Accounts accounts = new Accounts();
    private final List<Figure> figures = new ArrayList<>();
    private final List<Distribution> distributions = new ArrayList<>();
    private final List<Stretch> phases = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final ConcurrentMap<String, Gateway> watched = new ConcurrentHashMap<>();
    private int secondsBetweenScrapes = 1;
    private @Nullable Backend backend;
    private @Nullable ThreadProbe threads;

    Bench(Options options, Rig rig, Progress progress) {
        this.options = options;
        this.rig = rig;
        this.progress = progress;
        this.sampler = new Sampler(timeline, progress);
        sampler.watch(new MachineProbe());
        sampler.watch(new ProcessProbe(
                "load", false, () -> ProcessStats.of(ProcessHandle.current().pid())));
        DiskProbe.of(rig.work()).ifPresent(sampler::watch);
        sampler.start();
    }

    /** The value of an option that the scenario named. */
    public <T> T get(Option<T> option) {
        return options.get(option);
    }

    public Rig rig() {
        return rig;
    }

    public Timeline timeline() {
        return timeline;
    }

    public Accounts accounts() {
        return accounts;
    }

    /** To be called before the gateway is started: how often its meters are read, which costs it some milliseconds each time. */
    public void scrapeEvery(int seconds) {
        secondsBetweenScrapes = seconds;
    }

    /** What the gateway calls: that of {@code --backend}, else a demo backend, which is started when it is first asked for. */
    public Backend backend() throws InterruptedException {
        Backend known = backend;
        if (known == null) {
            String own = options.get(Common.BACKEND);
            known = own.isEmpty() ? rig.startBackend() : new Backend(URI.create(own), Optional.empty());
            known.process().ifPresent(process -> sampler.watch(new ProcessProbe("backend", false, process::stats)));
            backend = known;
        }
        return known;
    }

    /** The gateway of {@code --gateway}, else one that is started; it is watched from now on. */
    public Gateway gateway() throws InterruptedException {
        return gateway(List.of());
    }

    /** The same with more settings, such as {@code --sluice.queue.capacity=10}, if it is started. */
    public Gateway gateway(List<String> properties) throws InterruptedException {
        String given = options.get(Common.GATEWAY);
        if (given.isEmpty()) {
            GatewaySetup setup = rig.setup(backend().base());
            for (String property : properties) {
                setup = setup.with(property);
            }
            return watch("gateway", start(setup));
        }
        String management = options.get(Common.MANAGEMENT);
        return watch(
                "gateway",
                Gateway.elsewhere(
                        URI.create(given),
                        management.isEmpty() ? Optional.empty() : Optional.of(URI.create(management))));
    }

    /** Starts a gateway, or the same again on its directory, and says how soon it was ready. Does not watch it. */
    public Gateway start(GatewaySetup setup) throws InterruptedException {
        say("starting " + setup.name());
        Gateway gateway = rig.startGateway(setup);
        say(setup.name() + " is ready after " + gateway.ready().toMillis() + " ms");
        return gateway;
    }

    /** Watches a gateway; in place of the one of this name, if there is one. */
    public Gateway watch(String name, Gateway gateway) {
        if (watched.put(name, gateway) == null) {
            boolean first = watched.size() == 1;
            sampler.watch(new ProcessProbe(
                    name, first, () -> watched.get(name).process().flatMap(Started::stats)));
            if (first) {
                ThreadProbe probe = new ThreadProbe(() -> watched.get(name).process());
                sampler.watch(probe);
                threads = probe;
            }
            if (first && gateway.management().isPresent()) {
                sampler.watch(
                        new GatewayProbe(() -> watched.get(name).metrics(), secondsBetweenScrapes, sampler::accepted));
            }
        }
        return gateway;
    }

    /** Looks at something else once a second. */
    public void watch(Probe probe) {
        sampler.watch(probe);
    }

    /** Begins a phase that takes a time. */
    public Phase phase(String name, Duration planned) {
        return phase(name, planned, 0);
    }

    /** Begins a phase that does so many items. */
    public Phase phase(String name, long items) {
        return phase(name, Duration.ZERO, items);
    }

    private Phase phase(String name, Duration planned, long items) {
        double from = timeline.now();
        Phase phase = new Phase(name, from, planned, items, () -> {
            sampler.show(null);
            phases.add(new Stretch(name, from, timeline.now()));
        });
        sampler.show(phase);
        return phase;
    }

    /** States a result. */
    public void figure(Figure figure) {
        if (figures.stream().anyMatch(other -> other.name().equals(figure.name()))) {
            throw new IllegalArgumentException("there are two figures " + figure.name());
        }
        figures.add(figure);
    }

    /** States p50, p99, p99.9 and the longest of the latencies of a phase, and draws their distribution. */
    public void latencies(String name, Phase phase) {
        Histogram total = phase.latency().total();
        figure(Figure.lower(name + ", p50", "ms", Latencies.millis(total, 50))
                .slices(phase.latency().slices().millis(50)));
        figure(Figure.lower(name + ", p99", "ms", Latencies.millis(total, 99))
                .slices(phase.latency().slices().millis(99)));
        figure(Figure.lower(name + ", p99.9", "ms", Latencies.millis(total, 99.9)));
        figure(Figure.lower(name + ", longest", "ms", Latencies.millis(total, 100)));
        distribution(name, total);
    }

    /** Draws a distribution of durations. */
    public void distribution(String name, Histogram histogram) {
        distribution(new Distribution(name, histogram.getTotalCount(), Percentiles.points(histogram)));
    }

    /** Draws a distribution that somebody else has measured. */
    public void distribution(Distribution distribution) {
        distributions.add(distribution);
    }

    /** Says something that a reader of the report must know. */
    public void note(String text) {
        notes.add(text);
    }

    /** Says something while the run goes on. */
    public void say(String text) {
        progress.say(text);
    }

    /** Milliseconds of processor time of the gateway so far, by what its threads are for; empty if it is not seen. */
    public Map<String, Double> threadMillis() {
        ThreadProbe probe = threads;
        return probe == null ? Map.of() : probe.millis();
    }

    /** States what its threads have used for each job since then, by what they are for. */
    public void threadsPerJob(Map<String, Double> since, long jobs) {
        new TreeMap<>(threadMillis())
                .forEach((work, millis) -> figure(Figure.lower(
                        "processor time per job, " + work, "ms", (millis - since.getOrDefault(work, 0.0)) / jobs)));
    }

    /** States resident memory of the gateway now, if it was started here. */
    public void residentMemory(Gateway gateway) {
        gateway.process()
                .flatMap(Started::stats)
                .ifPresent(stats -> figure(Figure.lower(
                        "resident memory of the gateway after the run", "MiB", stats.resident() / 1048576.0)));
    }

    /**
     * The process of a gateway.
     *
     * @throws RigException if it was not started here
     */
    public Started process(Gateway gateway) {
        return gateway.process()
                .orElseThrow(() -> new RigException("this needs a gateway that it starts itself: without --gateway"));
    }

    List<Figure> figures() {
        return figures;
    }

    List<Distribution> distributions() {
        return distributions;
    }

    List<Stretch> phases() {
        return phases;
    }

    List<String> notes() {
        return notes;
    }

    /** A gateway that was watched, for the environment. */
    Optional<Gateway> anyGateway() {
        return Optional.ofNullable(watched.get("gateway"));
    }

    @Override
    public void close() {
        sampler.close();
    }
}
