package dev.sluice.ingress.header;

import dev.sluice.http.HttpDate;
import io.netty.util.AsciiString;
import java.time.Clock;
import java.time.Instant;

/** The value of {@code Date} (RFC 9110, 6.6.1), written once a second. For any thread. */
public final class DateField {

    private record Written(long second, AsciiString text) {}

    private final Clock clock;
    private volatile Written last = new Written(Long.MIN_VALUE, AsciiString.EMPTY_STRING);

    public DateField(Clock clock) {
        this.clock = clock;
    }

    public AsciiString now() {
        long second = Math.floorDiv(clock.millis(), 1000L);
        Written written = last;
        if (written.second() != second) {
            written = new Written(second, new AsciiString(HttpDate.format(Instant.ofEpochSecond(second))));
            last = written;
        }
        return written.text();
    }
}
