package dev.sluice.loadtest.measure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.loadtest.report.Series;
import org.junit.jupiter.api.Test;

class TimelineTest {

    @Test
    void keepsThePeaksOfADayInSomeThousandPoints() {
        Timeline timeline = new Timeline();
        for (int i = 0; i < 86_400; i++) {
            timeline.addAt("Latency", "ms", "p99", i, i == 50_001 ? 900 : 1);
        }

        Series series = timeline.series().get(0);
        assertThat(series.points()).hasSizeBetween(1_000, 4_096);
        assertThat(series.points()).anySatisfy(point -> {
            assertThat(point[1]).isEqualTo(900);
            assertThat(point[0]).isBetween(49_900.0, 50_002.0);
        });
    }

    @Test
    void leavesOutWhatIsNoNumber() {
        Timeline timeline = new Timeline();
        timeline.add("Queue", "jobs", "waiting", Double.NaN);

        assertThat(timeline.series()).isEmpty();
    }

    @Test
    void unpacksDeviceNumbers() {
        assertThat(DiskProbe.major(0xfd01)).isEqualTo(0xfd);
        assertThat(DiskProbe.minor(0xfd01)).isEqualTo(1);
        assertThat(DiskProbe.minor(0x10_0301)).isEqualTo(0x101);
    }
}
