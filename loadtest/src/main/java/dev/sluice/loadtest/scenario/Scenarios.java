package dev.sluice.loadtest.scenario;

import java.util.List;
import java.util.Optional;

/** All scenarios, in the order of {@code --help}. */
public final class Scenarios {

    public static final List<Scenario> ALL = List.of(
            new Accept(),
            new EndToEnd(),
            new Callbacks(),
            new Told(),
            new Steady(),
            new Cold(),
            new Overload(),
            new SlowBackend(),
            new FailingBackend(),
            new LargeTransfers(),
            new Expired(),
            new Running(),
            new Finished(),
            new Snapshot(),
            new Versions(),
            new Batch(),
            new Stream(),
            new FanOut(),
            new Reconnect(),
            new Crash(),
            new Restart(),
            new Nodes(),
            new Soak(),
            new Proof());

    private Scenarios() {}

    public static Optional<Scenario> named(String name) {
        return ALL.stream().filter(scenario -> scenario.name().equals(name)).findFirst();
    }
}
