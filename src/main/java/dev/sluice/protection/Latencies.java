package dev.sluice.protection;

/**
 * The latencies of some calls, summed up. They are compared by the mean of their logarithms: time spent in a queue adds to each
 * call, which shows in the short ones first, and a few very long calls change little.
 */
final class Latencies {

    private double count;
    private double logs;
    private double squares;
    private double micros;

    void add(long latencyMicros) {
        double log = Math.log((double) Math.max(1, latencyMicros));
        count++;
        logs += log;
        squares += log * log;
        micros += latencyMicros;
    }

    /** Adds the others, and reduces the weight of all to at most that of so many calls. */
    void add(Latencies others, double most) {
        count += others.count;
        logs += others.logs;
        squares += others.squares;
        micros += others.micros;
        double weight = Math.min(1, most / count);
        count *= weight;
        logs *= weight;
        squares *= weight;
        micros *= weight;
    }

    Latencies copy() {
        Latencies copy = new Latencies();
        copy.add(this, Double.MAX_VALUE);
        return copy;
    }

    double count() {
        return count;
    }

    double mean() {
        return micros / count;
    }

    /** The sum, in microseconds: divided by the time in which the calls ended it is how many ran at once (Little's law). */
    double sum() {
        return micros;
    }

    /** By how much these are longer, as a difference of mean logarithms. */
    double riseFrom(Latencies others) {
        return logs / count - others.logs / others.count;
    }

    /** The standard error of {@link #riseFrom}, with the variances of both pooled. */
    double errorFrom(Latencies others) {
        double freedom = Math.max(1, count + others.count - 2);
        double variance = (deviations() + others.deviations()) / freedom;
        return Math.sqrt(variance * (1 / count + 1 / others.count));
    }

    private double deviations() {
        return Math.max(0, squares - logs * logs / count);
    }
}
