package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.account.GroupAudit;
import dev.sluice.loadtest.account.GroupCounts;
import dev.sluice.loadtest.load.Client;
import dev.sluice.loadtest.load.Event;
import dev.sluice.loadtest.report.Figure;
import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.Http;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Jobs of a group beside as many single ones, in turn on one gateway. */
final class Batch implements Scenario {

    private static final Option<Integer> JOBS =
            Option.count("jobs", 10_000, 1, 1_000_000, "jobs of a group, and as many single ones, in each round");
    private static final Option<Integer> WARMUP_JOBS = Option.count(
            "warmup-jobs", 40_000, 0, 5_000_000, "jobs before the first round, half of them single, half in a group");
    private static final Option<Integer> READERS =
            Option.count("readers", 1, 0, 1_000, "readers of a group's events, from the first to the last");
    private static final Option<Integer> ROUNDS = Common.ROUNDS.usually("4");
    private static final String TARGET = "/e2e";
    private static final Duration LONGEST_END = Duration.ofMinutes(2);
    private static final Pattern ID = Pattern.compile("\"id\"\\s*:\\s*\"([^\"]+)\"");

    @Override
    public String name() {
        return "batch";
    }

    @Override
    public String question() {
        return "What does it cost jobs to be in a group of 10,000, and are its counts and its stream exact?";
    }

    @Override
    public List<Option<?>> options() {
        return List.of(JOBS, READERS, WARMUP_JOBS, ROUNDS, Common.CONNECTIONS);
    }

    @Override
    public void run(Bench bench) throws Exception {
        Gateway gateway = bench.gateway();
        JobRound.requireManagement(gateway);
        try (Client client = new Client("group", Math.max(1, bench.get(READERS)))) {
            int half = bench.get(WARMUP_JOBS) / 2;
            if (half > 0) {
                single(bench, gateway, half).run("warm-up, single");
                new Grouped(bench, gateway, client, half).run("warm-up, group");
            }
            int jobs = bench.get(JOBS);
            Rates singles = new Rates();
            Rates grouped = new Rates();
            List<Double> told = new ArrayList<>();
            for (int number = 1; number <= bench.get(ROUNDS); number++) {
                // Whoever comes second finds a warmer gateway, so they take turns in that as well.
                for (boolean group : number % 2 == 1 ? List.of(false, true) : List.of(true, false)) {
                    if (group) {
                        Grouped round = new Grouped(bench, gateway, client, jobs);
                        grouped.add(round.run("group " + number));
                        round.told().ifPresent(told::add);
                    } else {
                        JobRound round = single(bench, gateway, jobs);
                        round.run("single " + number);
                        singles.add(round);
                    }
                }
            }
            singles.state(bench, "single jobs");
            grouped.state(bench, "jobs of a group");
            if (!told.isEmpty()) {
                bench.figure(figure(
                        Figure.higher("jobs of a group, until its readers are told of its end", "jobs/s", 0), told));
            }
            ratio(bench, "jobs/s until the last is stored, group of single", grouped.finished, singles.finished);
            ratio(bench, "processor time, group of single", grouped.processor, singles.processor);
            bench.residentMemory(gateway);
        }
    }

    private static JobRound single(Bench bench, Gateway gateway, int jobs) {
        return new JobRound(bench, gateway, jobs, TARGET, Map.of());
    }

    /** States the ratio of two figures that were taken in turn, round by round. */
    private static void ratio(Bench bench, String name, List<Double> of, List<Double> to) {
        List<Double> ratios = ratios(of, to);
        bench.figure(figure(Figure.plain("ratio: " + name, "", 0), ratios));
    }

    /** One by the other, pair by pair. */
    static List<Double> ratios(List<Double> of, List<Double> to) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < Math.min(of.size(), to.size()); i++) {
            ratios.add(to.get(i) == 0 ? 0 : of.get(i) / to.get(i));
        }
        return ratios;
    }

    /** The figure with the mean of its rounds. */
    private static Figure figure(Figure empty, List<Double> rounds) {
        double mean = rounds.stream().mapToDouble(value -> value).average().orElse(0);
        Figure figure = new Figure(empty.name(), empty.unit(), mean, empty.better(), List.of());
        return rounds.size() > 1 ? figure.slices(rounds) : figure;
    }

    /** What the rounds of one kind came to. */
    private static final class Rates {

        private final List<Double> accepted = new ArrayList<>();
        private final List<Double> finished = new ArrayList<>();
        private final List<Double> processor = new ArrayList<>();

        private void add(JobRound round) {
            accepted.add(round.accepted());
            finished.add(round.finished());
            processor.add(round.processor());
        }

        private void state(Bench bench, String name) {
            bench.figure(figure(Figure.higher(name + ", accepted", "jobs/s", 0), accepted));
            bench.figure(figure(Figure.higher(name + ", until the last is stored", "jobs/s", 0), finished));
            bench.figure(figure(Figure.lower(name + ", gateway's processor time per 10,000", "s", 0), processor));
        }
    }

    /** A round whose jobs join one group, with readers of the group's events from its beginning to its end. */
    private static final class Grouped {

        private final Bench bench;
        private final Gateway gateway;
        private final Client client;
        private final int jobs;
        private Optional<Double> told = Optional.empty();

        private Grouped(Bench bench, Gateway gateway, Client client, int jobs) {
            this.bench = bench;
            this.gateway = gateway;
            this.client = client;
            this.jobs = jobs;
        }

        /** Jobs a second until the reader was told that the group has finished; empty if it was not. */
        private Optional<Double> told() {
            return told;
        }

        private JobRound run(String name) throws Exception {
            Matcher id = ID.matcher(Http.post(gateway.base().resolve("/groups"), "{\"size\":" + jobs + "}"));
            if (!id.find()) {
                throw new IllegalStateException("the answer to POST /groups has no id");
            }
            URI group = gateway.base().resolve("/groups/" + id.group(1));
            List<GroupReader> readers = new ArrayList<>();
            for (int i = 0; i < bench.get(READERS); i++) {
                readers.add(new GroupReader(client, group));
            }
            try {
                JobRound round = new JobRound(bench, gateway, jobs, TARGET, Map.of("Sluice-Group", id.group(1)));
                long begun = System.nanoTime();
                round.run(name);
                for (GroupReader reader : readers) {
                    reader.awaitEnd(LONGEST_END);
                    settle(reader.audit(), begun);
                }
                bench.accounts().count("groups", 1);
                bench.accounts().zero("groups whose status counts wrong", right(finished(group)) ? 0 : 1);
                return round;
            } finally {
                readers.forEach(GroupReader::close);
            }
        }

        /** What the group says of itself once it is finished, or after some time if it is not. */
        private static String finished(URI group) throws InterruptedException {
            long end = System.nanoTime() + LONGEST_END.toNanos();
            String json = Http.get(group);
            while (!json.contains("\"state\":\"finished\"") && System.nanoTime() < end) {
                Thread.sleep(20); // with readers it has finished by now
                json = Http.get(group);
            }
            return json;
        }

        /** Checks what a reader has seen. The slowest of them says when they were told. */
        private void settle(GroupAudit audit, long begun) {
            Optional<Event> end = audit.end();
            told = end.map(event -> Math.min(told.orElse(Double.MAX_VALUE), jobs / ((event.at() - begun) / 1e9)));
            audit.settle(bench.accounts(), jobs);
            bench.accounts()
                    .zero(
                            "groups whose last event counts wrong",
                            end.filter(event -> right(event.data())).isPresent() ? 0 : 1);
        }

        private boolean right(String json) {
            boolean right = GroupCounts.of(json).allSucceeded(jobs);
            if (!right) {
                bench.say("  not in order: " + jobs + " jobs have joined and succeeded, " + json);
            }
            return right;
        }
    }
}
