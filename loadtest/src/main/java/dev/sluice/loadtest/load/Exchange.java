package dev.sluice.loadtest.load;

import java.io.IOException;

/** What the connections of a {@link ClosedLoop} ask and what becomes of it. Used by one thread. */
public interface Exchange {

    /** Says that an item is done. */
    int DONE = -1;

    /** The bytes of the request for an item, counted from 0. */
    byte[] request(long item);

    /**
     * Takes the answer.
     *
     * @param nanos since the request was sent
     * @return after how many seconds the item is to be asked for again, or {@link #DONE}
     */
    int answered(long item, Answer answer, long nanos);

    /**
     * The connection has broken, or could not be made. Unless it is overridden, the run fails.
     *
     * @return as {@link #answered}; the item is asked for again over a new connection
     */
    default int broken(long item, IOException cause) throws IOException {
        throw new IOException("the connection broke: " + cause.getMessage(), cause);
    }
}
