package dev.sluice.loadtest.scenario;

import java.util.ArrayList;
import java.util.List;

/** When a purge was at work, as far as looks at its counter tell: between two of them at which it differs. */
final class PurgeTimes {

    private final List<Look> looks = new ArrayList<>();

    private record Look(long at, long purged) {}

    /** Adds a look; they come in the order of time, by {@link System#nanoTime}. */
    synchronized void saw(long at, long purged) {
        looks.add(new Look(at, purged));
    }

    /** Whether it was at work at a time. */
    synchronized boolean busy(long at) {
        int after = 0;
        int end = looks.size();
        while (after < end) { // the first look that is later
            int middle = (after + end) >>> 1;
            if (looks.get(middle).at() > at) {
                end = middle;
            } else {
                after = middle + 1;
            }
        }
        return after > 0 && after < looks.size() && rose(after);
    }

    private boolean rose(int index) {
        return looks.get(index).purged() > looks.get(index - 1).purged();
    }

    /** How many it has purged. */
    synchronized long purged() {
        return looks.isEmpty()
                ? 0
                : looks.get(looks.size() - 1).purged() - looks.get(0).purged();
    }

    /** For how many seconds it was at work. */
    synchronized double seconds() {
        double seconds = 0;
        for (int i = 1; i < looks.size(); i++) {
            seconds += rose(i) ? (looks.get(i).at() - looks.get(i - 1).at()) / 1e9 : 0;
        }
        return seconds;
    }

    /** How many a second while it was at work; 0 if it never was. */
    double rate() {
        double seconds = seconds();
        return seconds == 0 ? 0 : purged() / seconds;
    }
}
