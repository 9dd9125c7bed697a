package dev.sluice.ingress.header;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Host and port as in {@code Host}. Only characters are checked: {@code java.net.URI} and {@code InetSocketAddress} refuse names
 * that are in use, such as {@code a_b}, or look them up.
 */
public final class Hosts {

    /** Delimiters of URIs and header fields, which no host has. */
    private static final String NEVER_IN_HOST = "\"#/<>?@\\^`{|}";

    private Hosts() {}

    /**
     * Returns the host that a request is for; "" if it names none, as requests of HTTP/1.0 and of HTTP/2 may.
     *
     * @param target host and port in the request target, which take precedence over {@code Host}; null if there are none
     * @throws ProblemException {@code bad-request} if {@code Host} is missing or repeated, or if the host has a character that no host can have
     */
    public static String asked(HttpVersion version, HttpHeaders request, @Nullable String target) {
        List<String> hosts = request.getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1 || (hosts.isEmpty() && needsHost(version))) {
            throw new ProblemException(
                    Problem.BAD_REQUEST, "The request needs exactly one Host field (RFC 9112, 3.2).");
        }
        String named = target != null ? target : hosts.isEmpty() ? "" : hosts.get(0);
        if (!isPlain(named)) {
            throw new ProblemException(
                    Problem.BAD_REQUEST, "The request's host has a character that no host can have.");
        }
        return named;
    }

    /** HTTP/1.0 and HTTP/2 do not; later minor versions are treated as 1.1 (RFC 9110, 2.5). */
    private static boolean needsHost(HttpVersion version) {
        return version.majorVersion() == 1 && version.minorVersion() >= 1;
    }

    /** Whether every character can be part of a host and port. */
    public static boolean isPlain(String host) {
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c <= ' ' || c >= 0x7f || NEVER_IN_HOST.indexOf(c) >= 0) {
                return false;
            }
        }
        return true;
    }
}
