package dev.sluice.loadtest.account;

import dev.sluice.loadtest.load.Event;
import java.util.concurrent.atomic.LongAdder;

/**
 * Checks the events of every job that is followed: numbers 1, 2, 3, … without a gap that is not told, none twice, none out of
 * order, exactly one final event, and that last. One {@link Reader} for each stream, used by one thread at a time.
 */
public final class EventAudit {

    private static final int MOST_DIGITS = 18;

    private final LongAdder events = new LongAdder();
    private final LongAdder gaps = new LongAdder();
    private final LongAdder told = new LongAdder();
    private final LongAdder repeats = new LongAdder();
    private final LongAdder afterEnd = new LongAdder();
    private final LongAdder withoutEnd = new LongAdder();

    /** A reader of the events of a job from the first one on; it may reconnect, as long as it resumes. */
    public Reader reader() {
        return new Reader();
    }

    /** Enters what was seen into the accounts. */
    public void settle(Accounts accounts) {
        accounts.count("events read", events.sum());
        accounts.count("event gaps that were told", told.sum());
        accounts.zero("event gaps", gaps.sum());
        accounts.zero("events repeated or out of order", repeats.sum());
        accounts.zero("events after the final one", afterEnd.sum());
        accounts.zero("streams without a final event", withoutEnd.sum());
    }

    /** What one reader has seen. */
    public final class Reader {

        private long last;
        private boolean gapTold;
        private boolean ended;

        /** Takes the next event of the stream. */
        public void saw(Event event) {
            if (event.type().equals("gap")) {
                told.increment();
                gapTold = true;
                return;
            }
            events.increment();
            if (ended) {
                afterEnd.increment();
                return;
            }
            long number = number(event.id());
            if (number <= last) {
                repeats.increment();
            } else if (number > last + 1 && !gapTold) {
                gaps.increment();
            }
            gapTold = false;
            last = Math.max(last, number);
            ended = event.isFinal();
        }

        /** The stream is over and will not be resumed. */
        public void over() {
            if (!ended) {
                withoutEnd.increment();
            }
        }

        /** The id from which to resume; empty if nothing was seen. */
        public String lastEventId() {
            return last == 0 ? "" : Long.toString(last);
        }

        public boolean ended() {
            return ended;
        }

        /** Without a pattern: readers get tens of thousands a second. */
        private static long number(String id) {
            if (id.isEmpty() || id.length() > MOST_DIGITS) {
                return 0; // counts as repeated
            }
            long number = 0;
            for (int i = 0; i < id.length(); i++) {
                int digit = id.charAt(i) - '0';
                if (digit < 0 || digit > 9) {
                    return 0;
                }
                number = number * 10 + digit;
            }
            return number;
        }
    }
}
