/**
 * The load-testing kit: one command for each question that people ask of a durable gateway, with a report and with accounts.
 *
 * <p>The packages: {@code rig} starts and stops what a run needs; {@code load} sends requests and reads events;
 * {@code measure} samples every second; {@code account} checks every single job; {@code report} writes the JSON, the page and
 * the table; {@code compare} reads two of them; {@code scenario} has one class for each question; {@code bare} are servers to
 * compare with.
 *
 * <h2>How a scenario is written</h2>
 *
 * <p>Implement {@link dev.sluice.loadtest.scenario.Scenario} in package {@code scenario} and add it to
 * {@link dev.sluice.loadtest.scenario.Scenarios}. It names the options it takes, its own and those of
 * {@link dev.sluice.loadtest.scenario.Common}; {@code --help} and the checks of values follow from them. {@code run} gets a
 * {@link dev.sluice.loadtest.scenario.Bench}:
 *
 * <ol>
 *   <li>{@code Gateway gateway = bench.gateway()} starts a backend and a gateway with the options of the command, or takes
 *       those that {@code --gateway} names, and has the sampler watch it; {@code bench.backend()} is its backend. Several
 *       nodes, another configuration or a second start on the same directory: {@code bench.rig()}. Routes are those of
 *       {@code loadtest/application.yaml}, more settings go with the {@code GatewaySetup}.
 *   <li>{@code try (Phase phase = bench.phase("measured", duration))} is a stretch of time with a progress line and a
 *       band of its own in the plots. Loads record into {@code phase.latency()} and {@code phase.failed()}.
 *   <li>Load it: {@code ClosedLoop} (as fast as it answers), {@code OpenLoop} (at a rate, latencies from when each request
 *       was due), {@code Client} and {@code Follower} (jobs and their events), {@code Wrk}. What each does with the thread of
 *       its caller is in its Javadoc; a scenario runs on a thread of its own and may block.
 *   <li>State figures: {@code bench.figure(Figure.lower("told of the end, p99", "ms", value).slices(values))}. Give slices
 *       or rounds whenever there are any: {@code compare} takes the noise from them.
 *   <li>Add curves of your own with {@code bench.timeline().add(chart, unit, series, value)} and a
 *       {@code bench.distribution(name, histogram)}.
 *   <li>Keep accounts: {@code bench.accounts().zero("lost", lost)} fails the command if it is not 0,
 *       {@code bench.accounts().count("accepted", n)} only tells. {@code account.JobAudit} looks at every job,
 *       {@code account.EventAudit} at every event of those that are followed.
 * </ol>
 *
 * <p>Whatever is started by the rig is stopped and removed however the run ends.
 */
@NullMarked
package dev.sluice.loadtest;

import org.jspecify.annotations.NullMarked;
