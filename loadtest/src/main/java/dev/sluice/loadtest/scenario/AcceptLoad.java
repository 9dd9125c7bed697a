package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.Submitting;
import dev.sluice.loadtest.load.Wrk;
import dev.sluice.loadtest.measure.Charts;
import dev.sluice.loadtest.measure.Phase;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/** Posts to a server as fast as it accepts; the backend of the route never answers, so nothing else happens. */
final class AcceptLoad {

    static final String ROUTE = "accept";
    private static final String TARGET = "/accept?hang=true";

    static final Option<String> LOADER = Option.choice(
            "loader",
            List.of("wrk", "kit"),
            Wrk.installed() ? "wrk" : "kit",
            "what loads: wrk where it is, else the kit");

    private AcceptLoad() {}

    static Wrk.Result load(Bench bench, LoadedServer server, String name, Duration time) throws Exception {
        int connections = bench.get(Common.CONNECTIONS);
        Duration before = server.processor();
        Wrk.Result result;
        Phase phase = bench.phase(name, time);
        try (phase) {
            if (bench.get(LOADER).equals("wrk")) {
                URI url = server.base.resolve(TARGET);
                if (server.gateway) {
                    phase.countAccepts();
                }
                result = Wrk.run(bench.rig(), url, connections, Math.max(1, time.toSeconds()));
                phase.failed().add(result.others() + result.errors());
            } else {
                Submitting posts = new Submitting(server.base, TARGET, phase, job -> {});
                new ClosedLoop(List.of(server.base), connections).runFor(posts, time);
                result = new Wrk.Result(
                        posts.accepted(),
                        phase.failed().sum(),
                        0,
                        phase.seconds(),
                        Percentiles.points(phase.latency().total()));
            }
        }
        server.used = server.processor().minus(before);
        if (server.gateway) {
            bench.timeline().add(Charts.LATENCY, "ms", "p99 of the round", result.at(99));
        }
        bench.say(String.format(java.util.Locale.ROOT, "%s: %,.0f/s, p99 %.1f ms", name, result.rate(), result.at(99)));
        return result;
    }
}
