package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Job;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is told that there is work: this node if it has room, else the others. */
class JobQueueTest implements JobQueue.Feeder {

    private final Route reports = Routes.route("reports", "/reports", "http://localhost:1", "concurrency=2");
    private final Route shared = Routes.route("shared", "/shared", "http://localhost:1", "concurrency.cluster=2");
    private final JobQueue queue = new JobQueue();
    private final Reader reader = new Reader();

    private int looks;
    private final List<String> offered = new ArrayList<>();

    @BeforeEach
    void open() {
        queue.feedFrom(this);
        queue.open();
    }

    @Override
    public void look() {
        looks++;
    }

    @Override
    public void wanted(String route) {
        look();
    }

    @Override
    public void offer(String route) {
        offered.add(route);
    }

    @Override
    public void complete(RouteSink sink) {
        sink.complete();
    }

    @Override
    public void giveBack(Job job) {
        throw new AssertionError("nothing was emitted");
    }

    @Test
    void aJobThatThereIsRoomForIsLookedForHere() {
        read(reports, 1);
        queue.nudge(reports.call());
        assertThat(looks).isEqualTo(1);
        assertThat(offered).isEmpty();
    }

    @Test
    void aJobThatThereIsNoRoomForIsOffered() {
        read(reports, 0);
        queue.nudge(reports.call());
        assertThat(looks).isZero();
        assertThat(offered).containsExactly("reports");
    }

    @Test
    void aJobThatNobodyReadsHereIsOffered() {
        queue.nudge(reports.call());
        queue.nudge(shared.call());
        assertThat(looks).isZero();
        assertThat(offered).containsExactly("reports", "shared");
    }

    @Test
    void whereThisNodeRunsAsManyAsAllMayNothingIsOffered() {
        read(shared, 0);
        queue.nudge(shared.call());
        assertThat(looks).isZero();
        assertThat(offered).isEmpty();
    }

    @Test
    void whatAnotherNodeOffersIsLookedForIfThereIsRoom() {
        queue.offered("reports");
        queue.offered("of-another-configuration");
        assertThat(looks).as("nobody reads").isZero();
        read(reports, 0);
        queue.offered("reports");
        assertThat(looks).as("no room").isZero();
        reader.request(1);
        looks = 0;
        queue.offered("reports");
        assertThat(looks).isEqualTo(1);
        assertThat(offered).as("what is offered is not offered on").isEmpty();
    }

    private void read(Route route, int room) {
        queue.jobs(route.call()).subscribe(reader);
        if (room > 0) {
            reader.request(room);
        }
        looks = 0;
    }
}
