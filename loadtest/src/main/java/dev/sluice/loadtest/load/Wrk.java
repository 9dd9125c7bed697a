package dev.sluice.loadtest.load;

import dev.sluice.loadtest.rig.Rig;
import dev.sluice.loadtest.rig.RigException;
import dev.sluice.loadtest.rig.Started;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The load generator wrk, run with {@code loadtest/accept.lua}. A closed loop, as {@link ClosedLoop}. */
public final class Wrk {

    private static final int THREADS = 2;

    private Wrk() {}

    /**
     * What it saw.
     *
     * @param accepted answers of 202
     * @param others other answers
     * @param errors connections that broke, and time-outs
     * @param percentiles pairs of a percentile and milliseconds
     */
    public record Result(long accepted, long others, long errors, double seconds, List<double[]> percentiles) {

        /** The latency at a percentile, or at the nearest one above that is known. */
        public double at(double percentile) {
            return percentiles.stream()
                    .filter(one -> one[0] >= percentile - 1e-9)
                    .mapToDouble(one -> one[1])
                    .findFirst()
                    .orElseGet(() -> percentiles.isEmpty() ? 0 : percentiles.get(percentiles.size() - 1)[1]);
        }

        public double rate() {
            return accepted / seconds;
        }
    }

    /** Whether it is installed. */
    public static boolean installed() {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "wrk")));
    }

    /** Posts to a URL as fast as it answers, for some seconds, and waits for the end. */
    public static Result run(Rig rig, URI url, int connections, long seconds) throws InterruptedException, IOException {
        Path log = rig.settings().target().resolve("wrk.log");
        Files.deleteIfExists(log);
        List<String> command = List.of(
                "wrk",
                "-t" + Math.min(THREADS, connections),
                "-c" + connections,
                "-d" + seconds + "s",
                "--timeout",
                "60s", // a slow answer is none that did not come
                "-s",
                rig.settings().loadtest().resolve("accept.lua").toString(),
                url.toString());
        Started wrk = rig.start("wrk", Map.of("ADDRESSES", url.toString()), command);
        wrk.awaitEnd();
        return parse(Files.readAllLines(log));
    }

    static Result parse(List<String> lines) {
        List<double[]> percentiles = new ArrayList<>();
        Result result = null;
        for (String line : lines) {
            String[] words = line.strip().split("\\s+");
            if (words[0].equals("RESULT") && words.length >= 5) {
                result = new Result(
                        Long.parseLong(words[1]),
                        Long.parseLong(words[2]),
                        Long.parseLong(words[3]),
                        Double.parseDouble(words[4]),
                        percentiles);
            } else if (words[0].equals("PERCENTILE") && words.length == 3) {
                percentiles.add(new double[] {Double.parseDouble(words[1]), Double.parseDouble(words[2])});
            }
        }
        if (result == null) {
            throw new RigException("wrk gave no figures:\n" + String.join("\n", lines));
        }
        return result;
    }
}
