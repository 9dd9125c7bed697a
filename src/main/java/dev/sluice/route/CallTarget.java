package dev.sluice.route;

import java.net.URI;
import java.util.Objects;

/**
 * Where requests are sent.
 *
 * @param uri the service; its path is put in front of the request's
 * @param stripPrefix leading segments of the request's path that the service does not see
 */
public record CallTarget(URI uri, int stripPrefix) {

    /** The server that an absolute URL names; requests to it are for the path and query of the URL, as they are. */
    public static CallTarget serverOf(URI url) {
        return new CallTarget(URI.create(url.getScheme() + "://" + url.getRawAuthority()), 0);
    }

    /** The host, an IPv6 address in brackets. */
    public String host() {
        return parsed().host();
    }

    /** The port, also where the URI leaves it to the scheme. */
    public int port() {
        int port = parsed().port();
        return port >= 0 ? port : isSecure() ? 443 : 80;
    }

    /** The authority as the URI spells it, for the {@code Host} field. */
    public String authority() {
        return uri.getRawAuthority();
    }

    /** Whether the service is reached over TLS. */
    public boolean isSecure() {
        return "https".equalsIgnoreCase(uri.getScheme());
    }

    /** Whether connections for the other target can be used for this one. */
    public boolean isSameServer(CallTarget other) {
        return uri.equals(other.uri)
                || (isSecure() == other.isSecure() && host().equalsIgnoreCase(other.host()) && port() == other.port());
    }

    private Authority parsed() {
        return Objects.requireNonNull(Authority.of(uri));
    }

    /** The path of the URI without a slash at its end, because request targets begin with one. */
    public String basePath() {
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /**
     * The target that the service is asked for.
     *
     * @param received path and query as the client sent them, beginning with a slash
     */
    public String resolve(String received) {
        return basePath() + stripped(received);
    }

    /**
     * A target without the first {@code stripPrefix} segments of its path, and otherwise exactly as it was sent. It always
     * begins with a slash; doubled slashes stay doubled.
     *
     * @param received path and query as the client sent them, beginning with a slash
     */
    public String stripped(String received) {
        int begin = 0;
        for (int segment = 0; segment < stripPrefix; segment++) {
            do {
                begin++;
                if (begin >= received.length() || received.charAt(begin) == '?') {
                    return "/" + received.substring(Math.min(begin, received.length()));
                }
            } while (received.charAt(begin) != '/');
        }
        return received.substring(begin);
    }

    /** What {@link #stripped} takes off the begin of a target; a slash that it puts in its place is not part of it. */
    public String strippedPrefix(String received) {
        if (stripPrefix == 0) {
            return "";
        }
        String rest = stripped(received);
        if (received.endsWith(rest)) {
            return received.substring(0, received.length() - rest.length());
        }
        int question = received.indexOf('?');
        return question < 0 ? received : received.substring(0, question);
    }
}
