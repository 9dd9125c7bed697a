package dev.sluice.backend;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a backend says of its patience with idle connections: {@code Keep-Alive: timeout=5} (RFC 2068, 19.7.1.1). */
final class KeepAlive {

    private static final Pattern TIMEOUT = Pattern.compile("(?i)(?:^|.*[,;\\s])timeout\\s*=\\s*\"?(\\d{1,9}).*");

    private KeepAlive() {}

    /**
     * How long to rely on that: four fifths of it, in milliseconds, so that the backend does not close the connection
     * just when a request is on its way. As long as may be if it says nothing.
     */
    static long millis(HttpHeaders answer) {
        String value = answer.get("Keep-Alive");
        if (value == null) {
            return Long.MAX_VALUE;
        }
        Matcher timeout = TIMEOUT.matcher(value);
        return timeout.matches() ? Long.parseLong(timeout.group(1)) * 800 : Long.MAX_VALUE;
    }
}
