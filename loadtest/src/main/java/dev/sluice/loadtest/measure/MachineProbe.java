package dev.sluice.loadtest.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** How busy the whole machine is, and how much of it others on the same host took (steal). */
public final class MachineProbe implements Probe {

    private static final Path STAT = Path.of("/proc/stat");
    private static final double TICKS = 100;

    private long busy = -1;
    private long stolen;

    @Override
    public void sample(Timeline timeline, double seconds) {
        if (!Files.isReadable(STAT)) {
            return;
        }
        String[] fields = first().split("\\s+");
        // user nice system idle iowait irq softirq steal
        long busyNow =
                number(fields, 1) + number(fields, 2) + number(fields, 3) + number(fields, 6) + number(fields, 7);
        long stolenNow = number(fields, 8);
        if (busy >= 0) {
            timeline.add(Charts.PROCESSOR, "cores", "machine", (busyNow - busy) / TICKS / seconds);
            timeline.add(Charts.PROCESSOR, "cores", "stolen", (stolenNow - stolen) / TICKS / seconds);
        }
        busy = busyNow;
        stolen = stolenNow;
    }

    private static long number(String[] fields, int index) {
        return index < fields.length ? Long.parseLong(fields[index]) : 0;
    }

    private static String first() {
        try (var lines = Files.lines(STAT, StandardCharsets.US_ASCII)) {
            return lines.findFirst().orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
