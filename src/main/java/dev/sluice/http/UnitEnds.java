package dev.sluice.http;

import org.jspecify.annotations.Nullable;

/**
 * Finds the ends of the units of a streamed body: the events of a {@code text/event-stream}, with their blank lines, or the
 * lines of NDJSON. A comment line before an event is a unit by itself. Bytes are passed one by one, in their order.
 */
public abstract sealed class UnitEnds {

    private UnitEnds() {}

    /** Begins a body of a media type; null if its format has no units. */
    public static @Nullable UnitEnds of(String contentType) {
        if (MediaTypes.isEventStream(contentType)) {
            return new Events();
        }
        return MediaTypes.isLines(contentType) ? new Lines() : null;
    }

    /** Whether a unit ends with this byte. */
    public abstract boolean at(byte next);

    private static final class Lines extends UnitEnds {
        @Override
        public boolean at(byte next) {
            return next == '\n';
        }
    }

    /**
     * Lines end with LF, CRLF or CR. A unit that ends with CR ends behind the LF that may follow; until the body is known to use CR
     * alone, such a unit is taken together with the next.
     */
    private static final class Events extends UnitEnds {

        private boolean lineBegun;
        private boolean comment;
        private boolean eventBegun;
        private boolean afterCr;
        private boolean onlyCr;
        private boolean endsWithLf;

        @Override
        public boolean at(byte next) {
            boolean secondOfTwo = afterCr && next == '\n';
            boolean before = endsWithLf;
            onlyCr |= afterCr && !secondOfTwo;
            afterCr = next == '\r';
            endsWithLf = false;
            if (secondOfTwo) {
                return before;
            } else if (next == '\n') {
                return endLine();
            } else if (next == '\r') {
                boolean ends = endLine();
                endsWithLf = ends && !onlyCr;
                return ends && onlyCr;
            }
            comment |= !lineBegun && next == ':';
            lineBegun = true;
            return false;
        }

        private boolean endLine() {
            boolean ends = !lineBegun || (comment && !eventBegun);
            eventBegun = !ends;
            lineBegun = false;
            comment = false;
            return ends;
        }
    }
}
