package dev.sluice.events;

/** Takes the events of a part of a history, in order, from a {@link HistorySubscriber}. Called on threads of the journal. */
interface HistoryReader<E> {

    /**
     * Adds an event.
     *
     * @return false if no more may be queued for now: reading stops and {@link #onHistoryPaused} is called
     */
    boolean onRecorded(E event);

    /** Reading has stopped before the end. */
    void onHistoryPaused();

    /** All events recorded so far have been read. */
    void onHistoryEnd();

    /** The history cannot be read. */
    void onHistoryError(Throwable error);
}
