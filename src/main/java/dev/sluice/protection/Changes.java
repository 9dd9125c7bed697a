package dev.sluice.protection;

/** Tells the claimer to look again, when a protection allows more than it said, or less. For any thread; cheap. */
public final class Changes {

    private volatile Runnable listener = () -> {};

    void listen(Runnable claimer) {
        listener = claimer;
    }

    /** More or less may be started than a protection said. */
    public void signal() {
        listener.run();
    }
}
