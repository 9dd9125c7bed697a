package dev.sluice.journal.embedded;

import dev.sluice.journal.JobReader;
import dev.sluice.journal.core.Packer;
import dev.sluice.journal.core.Unpacker;

/**
 * What is stored of a job's events, so that they are trimmed and erased without being searched for.
 *
 * @param mark all stored events but output up to this number are removed by the next trim
 * @param since how many events but output follow the mark
 * @param outputs the number of the first output event; 0 if there is none
 * @param stream the number of the first output event of the response that is being streamed, or that is the result; 0 if
 *     there is none
 */
record StoredEvents(long mark, int since, long outputs, long stream) {

    /** Those of a new job: the first event is not stored. */
    static final StoredEvents NONE = new StoredEvents(1, 0, 0, 0);

    /** Returns them after another event but output. */
    StoredEvents with(long seq) {
        return since + 1 < JobReader.HISTORY_KEPT
                ? new StoredEvents(mark, since + 1, outputs, stream)
                : new StoredEvents(seq, 0, outputs, stream);
    }

    /** Returns them after output of which this is the first event. */
    StoredEvents withOutput(long seq) {
        return new StoredEvents(mark, since, outputs == 0 ? seq : outputs, stream == 0 ? seq : stream);
    }

    /** Returns them when what was streamed so far is not, or no longer, the response to the latest attempt. */
    StoredEvents withoutStream() {
        return stream == 0 ? this : new StoredEvents(mark, since, outputs, 0);
    }

    void pack(Packer out) {
        out.number(mark).number(since).number(outputs).number(stream);
    }

    /**
     * Unpacks them.
     *
     * @param lastSeq the number of the latest event: an earlier version trimmed events one by one and kept output among them
     */
    static StoredEvents unpack(Unpacker in, long lastSeq) {
        return in.hasMore()
                ? new StoredEvents(in.number(), (int) in.number(), in.number(), in.number())
                : new StoredEvents(lastSeq, 0, 0, 0);
    }
}
