package dev.sluice.loadtest.account;

import dev.sluice.loadtest.load.Event;
import dev.sluice.loadtest.load.Piece;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

/**
 * Checks what readers are told of streamed answers that consist of {@link Piece}s: each {@code output} event begins where the one
 * before has ended, and the pieces in them are all there, once and in order. One {@link Reader} for each reader, used by one
 * thread at a time.
 */
public final class OutputAudit {

    private final LongAdder pieces = new LongAdder();
    private final LongAdder missing = new LongAdder();
    private final LongAdder repeated = new LongAdder();
    private final LongAdder offsets = new LongAdder();
    private final LongAdder unreadable = new LongAdder();

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
            String text;
            long begin;
            try {
                text = OutputText.text(event.data());
                begin = OutputText.offset(event.data());
            } catch (IllegalArgumentException e) {
                unreadable.increment();
                return;
            }
            if (begin != offset) {
                offsets.increment();
                rest = "";
            }
            offset = begin + text.length();
            String all = rest.isEmpty() ? text : rest + text;
            int from = 0;
            for (int end = Piece.end(all, from); end > 0; end = Piece.end(all, from)) {
                piece(Piece.number(all, from));
                due.accept(Piece.due(all, from));
                from = end;
            }
            rest = from == all.length() ? "" : all.substring(from);
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
