package dev.sluice.loadtest.rig;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MetricsTest {

    private static final Metrics METRICS = Metrics.parse("""
            # HELP sluice_queue_depth jobs
            # TYPE sluice_queue_depth gauge
            sluice_queue_depth{route="a"} 3.0
            sluice_queue_depth{application="x, y}",route="b \\"quoted\\"\\\\"} 4.5
            sluice_up 1
            with_time{le="+Inf"} 7 1395066363000
            jvm_memory_max_bytes{area="heap",id="Eden"} NaN
            infinite +Inf
            broken{route= 1
            """);

    @Test
    void sumsAllSamplesOfANameOrThoseWithLabels() {
        assertThat(METRICS.sum("sluice_queue_depth")).isEqualTo(7.5);
        assertThat(METRICS.sum("sluice_queue_depth", "route", "a")).isEqualTo(3);
        assertThat(METRICS.max("sluice_queue_depth")).isEqualTo(4.5);
        assertThat(METRICS.sum("sluice_up")).isEqualTo(1);
        assertThat(METRICS.sum("unknown")).isZero();
    }

    @Test
    void readsEscapedLabelsTimesAndInfinity() {
        assertThat(METRICS.sum("sluice_queue_depth", "route", "b \"quoted\"\\", "application", "x, y}"))
                .isEqualTo(4.5);
        assertThat(METRICS.sum("with_time", "le", "+Inf")).isEqualTo(7);
        assertThat(METRICS.sum("infinite")).isInfinite();
    }

    @Test
    void leavesOutWhatIsNoNumberAndNoSample() {
        assertThat(METRICS.sum("jvm_memory_max_bytes")).isZero();
        assertThat(METRICS.has("broken")).isFalse();
        assertThat(METRICS.has("sluice_up")).isTrue();
    }
}
