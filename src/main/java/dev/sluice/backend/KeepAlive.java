package dev.sluice.backend;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The time for which a backend announces to keep idle connections open: {@code Keep-Alive: timeout=5} (RFC 2068, 19.7.1.1). */
final class KeepAlive {

    private static final Pattern TIMEOUT = Pattern.compile("(?i)(?:^|.*[,;\\s])timeout\\s*=\\s*\"?(\\d{1,9}).*");

    private KeepAlive() {}

    /**
     * Four fifths of that time, in milliseconds, so that the backend does not close the connection while a request is on its
     * way; {@link Long#MAX_VALUE} if it announces none.
     */
    static long millis(HttpHeaders response) {
        String value = response.get("Keep-Alive");
        if (value == null) {
            return Long.MAX_VALUE;
        }
        Matcher timeout = TIMEOUT.matcher(value);
        return timeout.matches() ? Long.parseLong(timeout.group(1)) * 800 : Long.MAX_VALUE;
    }
}
