package dev.sluice.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.callbacks.DeliveryRoutes;
import dev.sluice.journal.Journal;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdmissionTest {

    private final Route small = Routes.route("small", "/small", "http://localhost:1", "queue=2");
    private final Route large = Routes.route("large", "/large", "http://localhost:1", "queue=100");
    private final QueueRig rig = new QueueRig(small, large);
    private final Admission admission = new Admission(rig.journal, 5);

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void aRouteTakesAsManyAsItsQueueHolds() {
        assertThat(admission.tryEnter(small)).isTrue();
        assertThat(admission.tryEnter(small)).isTrue();
        assertThat(admission.tryEnter(small))
                .as("both places are taken by appends under way")
                .isFalse();
        assertThat(admission.tryEnter(large)).as("another route has its own").isTrue();

        rig.accepted("small");
        admission.leave(small);
        assertThat(admission.tryEnter(small)).as("one waits, one is under way").isFalse();
        admission.leave(small);
        assertThat(admission.tryEnter(small)).as("one waits").isTrue();
    }

    @Test
    void aRunningJobHasLeftTheQueue() {
        rig.accepted("small");
        rig.accepted("small");
        assertThat(admission.tryEnter(small)).isFalse();
        rig.journal
                .claim(java.util.Map.of("small", Journal.Demand.of(1)), QueueRig.LEASE)
                .block(QueueRig.LIMIT);
        assertThat(admission.tryEnter(small)).isTrue();
    }

    /** Or one receiver that is away would, in time, stop all that is accepted. */
    @Test
    void deliveriesOfCallbacksThatWaitTakeNoPlaceOfOtherJobs() {
        for (int i = 0; i < 5; i++) {
            assertThat(admission.isFullOfDeliveries()).isFalse();
            rig.accepted(Route.CALLBACKS);
        }
        assertThat(admission.isFullOfDeliveries()).isTrue();
        assertThat(admission.tryEnter(DeliveryRoutes.usual()))
                .as("a redrive of one")
                .isFalse();
        assertThat(admission.tryEnter(large)).isTrue();
        for (int i = 0; i < 4; i++) {
            rig.accepted("large");
        }
        assertThat(admission.tryEnter(large)).isFalse();
    }

    @Test
    void theNodeTakesAsManyAsItsCapacityWhateverTheRoute() {
        rig.accepted("large");
        rig.accepted("large");
        rig.accepted("large");
        assertThat(admission.tryEnter(small)).isTrue();
        assertThat(admission.tryEnter(large)).isTrue();
        assertThat(admission.tryEnter(large)).isFalse();
        assertThat(admission.tryEnter(small)).isFalse();
        admission.leave(large);
        assertThat(admission.tryEnter(small))
                .as("a refusal took no place of the route")
                .isTrue();
    }
}
