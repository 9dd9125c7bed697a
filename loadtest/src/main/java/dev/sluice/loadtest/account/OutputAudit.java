package dev.sluice.loadtest.account;

import dev.sluice.loadtest.load.Event;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks what readers are told of streamed answers that consist of {@link dev.sluice.loadtest.load.Piece}s: each {@code output} event
 * begins where the one before has ended, and the pieces in them are all there, once and in order. One {@link Reader} for each reader,
 * used by one thread at a time.
 */
public final class OutputAudit {

    private final LongAdder pieces = new LongAdder();
    private final LongAdder missing = new LongAdder();
    private final LongAdder repeated = new LongAdder();
    private final LongAdder offsets = new LongAdder();
    private final LongAdder unreadable = new LongAdder();
    private volatile @Nullable OutputText last;

    /** A reader of an answer of so many pieces, from its beginning; it may reconnect, as long as it resumes. */
    public Reader reader(long expected) {
        return new Reader(expected);
    }

    /** Pieces that were read so far, by all readers. */
    public long pieces() {
        return pieces.sum();
    }

    /** Enters what was seen into the accounts. */
    public void settle(Accounts accounts) {
        accounts.count("pieces read", pieces.sum());
        accounts.zero("pieces missing", missing.sum());
        accounts.zero("pieces repeated or out of order", repeated.sum());
        accounts.zero("events of output that do not begin where the one before has ended", offsets.sum());
        accounts.zero("events of output that cannot be read", unreadable.sum());
    }

    /** Readers of one job are given the same text, mostly one after the other. */
    @SuppressWarnings("ReferenceEquality") // an equal one is read again
    private OutputText read(String data) {
        OutputText known = last;
        if (known == null || known.data() != data) {
            known = OutputText.of(data);
            last = known;
        }
        return known;
    }

    /** What one reader has seen. */
    public final class Reader {

        private final long expected;
        private long offset;
        private long next;
        private String rest = "";

        private Reader(long expected) {
            this.expected = expected;
        }

        /**
         * Takes an event of the type {@code output}.
         *
         * @param due is told of each piece when it was due
         */
        public void saw(Event event, LongConsumer due) {
            OutputText read;
            try {
                read = read(event.data());
            } catch (IllegalArgumentException e) {
                unreadable.increment();
                return;
            }
            if (read.begin() != offset) {
                offsets.increment();
                rest = "";
            }
            offset = read.begin() + read.text().length();
            Pieces all = rest.isEmpty() ? read.pieces() : Pieces.in(rest + read.text());
            for (int i = 0; i < all.numbers().length; i++) {
                piece(all.numbers()[i]);
                due.accept(all.due()[i]);
            }
            rest = all.rest();
        }

        private void piece(long number) {
            pieces.increment();
            if (number < next) {
                repeated.increment();
                return;
            }
            missing.add(number - next);
            next = number + 1;
        }

        /** Pieces so far. */
        public long seen() {
            return next;
        }

        /** The stream is over and will not be resumed. */
        public void over() {
            missing.add(expected - next);
            next = expected;
        }
    }
}
