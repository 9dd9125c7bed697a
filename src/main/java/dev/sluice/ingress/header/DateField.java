package dev.sluice.ingress.header;

import io.netty.util.AsciiString;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The value of {@code Date} (RFC 9110, 6.6.1), written once a second. For any thread. */
public final class DateField {

    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

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
            written = new Written(second, new AsciiString(FORMAT.format(Instant.ofEpochSecond(second))));
            last = written;
        }
        return written.text();
    }
}
