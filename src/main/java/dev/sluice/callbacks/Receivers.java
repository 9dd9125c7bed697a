package dev.sluice.callbacks;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Knows the receivers that the operator allows. URLs are compared as they are spelled, and none is looked up: which addresses may
 * be connected to is checked when a delivery connects.
 */
public final class Receivers {

    /** The most characters of a URL. */
    static final int LONGEST = 2_048;

    private final List<HostPattern> allowed;
    private final boolean plain;

    /**
     * Makes the check.
     *
     * @param hosts {@link HostPattern}s
     * @param plain whether http is allowed besides https
     */
    Receivers(List<String> hosts, boolean plain) {
        this.allowed = hosts.stream()
                .map(host -> Objects.requireNonNull(HostPattern.parse(host)))
                .toList();
        this.plain = plain;
    }

    /** Whether no callback is allowed. */
    public boolean none() {
        return allowed.isEmpty();
    }

    /**
     * Checks the URL of a callback. What it refuses is never repeated, because it may hold credentials.
     *
     * @return the URL with a path
     * @throws ProblemException {@code callback-refused}, saying what is wrong
     */
    public String require(String url) {
        if (none()) {
            throw refused("The operator of this gateway allows no callbacks; send the request without Sluice-Callback"
                    + " and look at the job's status or events instead.");
        }
        URI uri = parsed(url);
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !(plain && scheme.equals("http"))) {
            throw refused(
                    "The scheme of the callback's URL is not allowed; use " + (plain ? "https or http." : "https."));
        } else if (uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw refused("The callback's URL has user information or a fragment; send one without them.");
        } else if (uri.getHost() == null || uri.getPort() == 0 || uri.getPort() > 65_535) {
            throw refused("The callback's URL has no host, or one that is not spelled as a name or an address in the"
                    + " usual form.");
        } else if (!allows(uri)) {
            throw refused("The operator of this gateway allows no callbacks to this host and port.");
        }
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return scheme + "://" + uri.getRawAuthority() + path + query;
    }

    /** Whether a URL that {@link #require} has returned is still allowed. */
    public boolean allows(URI url) {
        boolean secure = "https".equalsIgnoreCase(url.getScheme());
        int usual = secure ? 443 : 80;
        int port = url.getPort() < 0 ? usual : url.getPort();
        String host = url.getHost() == null ? "" : url.getHost().toLowerCase(Locale.ROOT);
        return (secure || plain) && allowed.stream().anyMatch(pattern -> pattern.matches(host, port, usual));
    }

    /** The server of a URL: its deliveries share what one of them meets. */
    static String server(URI url) {
        return (url.getScheme() + "://" + url.getRawAuthority()).toLowerCase(Locale.ROOT);
    }

    private static URI parsed(String url) {
        boolean visible = url.chars().allMatch(c -> c > ' ' && c < 0x7f);
        if (visible && url.length() <= LONGEST) {
            try {
                return new URI(url);
            } catch (URISyntaxException e) {
                // refused below, without what it says, which repeats the URL
            }
        }
        throw refused(
                "The callback's URL cannot be read; expected an absolute one of visible ASCII characters, at most "
                        + LONGEST + ".");
    }

    private static ProblemException refused(String detail) {
        return new ProblemException(Problem.CALLBACK_REFUSED, detail);
    }
}
