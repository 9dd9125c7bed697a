package dev.sluice.loadtest.measure;

/** Something that is looked at once a second. */
@FunctionalInterface
public interface Probe {

    /**
     * Adds what it sees to the curves. An exception says that it sees nothing at the moment, for example because the gateway
     * is being started again; the next second is tried anew.
     *
     * @param seconds since the last time
     */
    void sample(Timeline timeline, double seconds);
}
