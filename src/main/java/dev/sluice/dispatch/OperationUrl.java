package dev.sluice.dispatch;

import dev.sluice.route.CallPolicy;
import dev.sluice.route.CallTarget;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An operation that a backend has named by an absolute URL, in the form in which a backend is called. Within the backend's URI it
 * is called as any request of the route, so that references in its responses keep their meaning.
 *
 * @param policy how it is called
 * @param target path and query
 */
record OperationUrl(CallPolicy policy, String target) {

    /** What can be in a request line, and is kept with the job. */
    private static final Pattern SENDABLE = Pattern.compile("[\\x21-\\x7e]{1,4096}");

    /** Whether a URL is on the server of the backend, and can be called: a job's credentials are for nobody else. */
    static boolean isUsable(CallPolicy policy, String url) {
        return SENDABLE.matcher(url).matches()
                && server(url).equals(server(policy.target().uri().toString()));
    }

    /**
     * Reads a URL.
     *
     * @param original path and query of the request that the operation is for, as the client sent them
     * @return null if it is not {@linkplain #isUsable usable}
     */
    static @Nullable OperationUrl of(CallPolicy policy, String original, String url) {
        if (!isUsable(policy, url)) {
            return null;
        }
        CallTarget target = policy.target();
        String path = url.substring(end(url));
        String base = target.basePath();
        return path.startsWith(base + "/")
                ? new OperationUrl(policy, target.strippedPrefix(original) + path.substring(base.length()))
                : new OperationUrl(policy.withTarget(CallTarget.serverOf(target.uri())), path);
    }

    /** Reads a URL that is itself the target of a request, with nothing of the route in front of its path. */
    static @Nullable OperationUrl whole(CallPolicy policy, String url) {
        return isUsable(policy, url)
                ? new OperationUrl(
                        policy.withTarget(CallTarget.serverOf(policy.target().uri())), url.substring(end(url)))
                : null;
    }

    /** Scheme and authority, without the default port. */
    private static String server(String url) {
        String lower = url.substring(0, end(url)).toLowerCase(Locale.ROOT);
        String port = lower.startsWith("https:") ? ":443" : ":80";
        return lower.endsWith(port)
                ? lower.substring(0, lower.length() - port.length())
                : lower.endsWith(":") ? lower.substring(0, lower.length() - 1) : lower;
    }

    private static int end(String url) {
        int slash = url.indexOf('/', url.indexOf("://") + 3);
        return slash < 0 ? url.length() : slash;
    }
}
