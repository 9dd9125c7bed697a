package dev.sluice.loadtest.rig;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The samples of one scrape in Prometheus' text format 0.0.4. */
public final class Metrics {

    private final Map<String, List<Sample>> samples;

    private record Sample(Map<String, String> labels, double value) {}

    private Metrics(Map<String, List<Sample>> samples) {
        this.samples = samples;
    }

    /**
     * Reads those of a gateway.
     *
     * @param management the URL of its management listener
     */
    public static Metrics read(URI management) {
        return parse(Http.get(management.resolve("/actuator/prometheus")));
    }

    /** Lines that are no samples are passed over. */
    public static Metrics parse(String text) {
        Map<String, List<Sample>> samples = new HashMap<>();
        text.lines().filter(line -> !line.isEmpty() && line.charAt(0) != '#').forEach(line -> add(samples, line));
        return new Metrics(samples);
    }

    private static void add(Map<String, List<Sample>> samples, String line) {
        int brace = line.indexOf('{');
        Map<String, String> labels = new HashMap<>();
        int end = brace < 0 ? line.indexOf(' ') : labels(line, brace + 1, labels);
        if (end < 0) {
            return;
        }
        String name = line.substring(0, brace < 0 ? end : brace);
        String rest = line.substring(end).strip();
        int time = rest.indexOf(' '); // a time stamp may follow
        samples.computeIfAbsent(name, unused -> new ArrayList<>())
                .add(new Sample(labels, number(time < 0 ? rest : rest.substring(0, time))));
    }

    /** Reads labels from where the first begins; returns where their closing brace ends, or -1. */
    private static int labels(String line, int from, Map<String, String> labels) {
        int at = from;
        while (at < line.length() && line.charAt(at) != '}') {
            int equals = line.indexOf("=\"", at);
            if (equals < 0) {
                return -1;
            }
            StringBuilder value = new StringBuilder();
            int next = equals + 2;
            while (next < line.length() && line.charAt(next) != '"') {
                boolean escaped = line.charAt(next) == '\\' && next + 1 < line.length();
                char found = line.charAt(escaped ? next + 1 : next);
                value.append(escaped && found == 'n' ? '\n' : found);
                next += escaped ? 2 : 1;
            }
            labels.put(line.substring(at, equals), value.toString());
            at = next + 1;
            if (at < line.length() && line.charAt(at) == ',') {
                at++;
            }
        }
        return at + 1;
    }

    private static double number(String text) {
        return switch (text) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            case "NaN" -> Double.NaN;
            default -> Double.parseDouble(text);
        };
    }

    /** Whether there is any sample of this name. */
    public boolean has(String name) {
        return samples.containsKey(name);
    }

    /**
     * The sum of all samples of a name.
     *
     * @param labels names and values in turn that a sample must have
     * @return 0 if there is none
     */
    public double sum(String name, String... labels) {
        return samples.getOrDefault(name, List.of()).stream()
                .filter(sample -> matches(sample, labels))
                .mapToDouble(Sample::value)
                .filter(value -> !Double.isNaN(value))
                .sum();
    }

    /** The largest of them; 0 if there is none. */
    public double max(String name, String... labels) {
        return samples.getOrDefault(name, List.of()).stream()
                .filter(sample -> matches(sample, labels))
                .mapToDouble(Sample::value)
                .filter(value -> !Double.isNaN(value))
                .max()
                .orElse(0);
    }

    private static boolean matches(Sample sample, String... labels) {
        for (int i = 0; i + 1 < labels.length; i += 2) {
            if (!labels[i + 1].equals(sample.labels().get(labels[i]))) {
                return false;
            }
        }
        return true;
    }
}
