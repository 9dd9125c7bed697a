package dev.sluice.ingress;

import dev.sluice.ingress.forwarded.TrustedProxies;
import dev.sluice.ingress.header.Cors;
import dev.sluice.ingress.header.PlainPath;
import dev.sluice.route.ConfigurationException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.ingress}.
 *
 * @param jobsPath Path under which jobs are served on the public listener.
 * @param groupsPath Path under which groups are served on the public listener.
 * @param maxWait Longest wait that a client can ask for.
 * @param maxReads Requests for jobs and results that are answered at once; one for each 512KB of heap unless set.
 * @param maxLongPolls Requests that may wait for a job at once; a quarter of the connections unless set.
 * @param maxStreams Streams of events, outputs and responses that may be open at once; five eighths of the connections unless set.
 * @param clientHeader Request header that identifies the caller, and is a credential. Authorization unless set.
 * @param trustedProxies Addresses and CIDRs of proxies whose Forwarded and X-Forwarded-* headers are trusted.
 * @param cors The web pages that may use the gateway.
 */
@ConfigurationProperties(prefix = "sluice.ingress", ignoreUnknownFields = false)
record IngressProperties(
        @DefaultValue("/jobs") String jobsPath,
        @DefaultValue("/groups") String groupsPath,
        @DefaultValue("60s") Duration maxWait,
        @Nullable Integer maxReads,
        @Nullable Integer maxLongPolls,
        @Nullable Integer maxStreams,
        @Nullable String clientHeader,
        @DefaultValue List<String> trustedProxies,
        @DefaultValue CorsProperties cors) {

    /**
     * The keys under {@code sluice.ingress.cors}.
     *
     * @param allowedOrigins Origins of web pages that may use the gateway, or * for all.
     */
    record CorsProperties(@DefaultValue List<String> allowedOrigins) {}

    private static final Pattern FIELD = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+"); // RFC 9110, 5.6.2

    private static final Duration SHORTEST_WAIT = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    IngressProperties {
        requirePlain("jobs", jobsPath);
        requirePlain("groups", groupsPath);
        if ((jobsPath + "/").startsWith(groupsPath + "/") || groupsPath.startsWith(jobsPath + "/")) {
            throw new ConfigurationException(
                    "sluice.ingress.groups-path",
                    groupsPath,
                    "another path than that of jobs, neither above nor below it");
        }
        if (maxWait.compareTo(SHORTEST_WAIT) < 0 || maxWait.compareTo(LONGEST_WAIT) > 0) {
            throw new ConfigurationException("sluice.ingress.max-wait", maxWait.toMillis() + "ms", "between 1s and 1h");
        }
        requirePositive("max-reads", maxReads);
        requirePositive("max-long-polls", maxLongPolls);
        requirePositive("max-streams", maxStreams);
        if (clientHeader != null && !FIELD.matcher(clientHeader).matches()) {
            throw new ConfigurationException(
                    "sluice.ingress.client-header", clientHeader, "the name of a header field such as X-Api-Key");
        }
        TrustedProxies.of(trustedProxies);
        Cors.of(cors.allowedOrigins());
    }

    private static void requirePlain(String what, String path) {
        if (!PlainPath.is(path)) {
            throw new ConfigurationException(
                    "sluice.ingress." + what + "-path",
                    path,
                    "a path such as /" + what + " or /api/" + what
                            + ", of letters, digits and -._~, without a slash at its end");
        }
    }

    private static void requirePositive(String key, @Nullable Integer value) {
        if (value != null && value < 1) {
            throw new ConfigurationException("sluice.ingress." + key, value, "1 or more");
        }
    }

    /** The field that names the caller. */
    String callerField() {
        return clientHeader == null ? "Authorization" : clientHeader;
    }
}
