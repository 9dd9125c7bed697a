package dev.sluice.backend;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The trace that a request belongs to (W3C Trace Context, level 2): the one its client began, or else one of its own. Ids
 * need to be different, not secret.
 *
 * @param traceId the trace
 * @param flags what the client's recording says of itself, of the flags that are known here
 * @param continued whether the client began the trace, so that its {@code tracestate} belongs to it
 */
record TraceContext(String traceId, int flags, boolean continued) {

    static final String PARENT = "traceparent";
    static final String STATE = "tracestate";

    /** Version, trace, parent, flags; later versions may have more behind another hyphen. */
    private static final Pattern FIELD =
            Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

    private static final int SAMPLED = 1;
    private static final int RANDOM = 2;

    /** The trace of a request with these values of {@code traceparent}, of which there may be one. */
    static TraceContext of(List<String> parents) {
        Matcher field = FIELD.matcher(parents.size() == 1 ? parents.get(0).strip() : "");
        if (!field.matches() || !isValid(field)) {
            return begun();
        }
        int flags = Integer.parseInt(field.group(4), 16) & (SAMPLED | RANDOM);
        return new TraceContext(field.group(2), flags, true);
    }

    /** Sampled, because a backend that follows its caller's decision would otherwise record none of these. */
    private static TraceContext begun() {
        return new TraceContext(id() + id(), SAMPLED, false);
    }

    /** The field of one attempt, which is a span of its own. */
    String parent() {
        return "00-" + traceId + "-" + id() + "-0" + flags;
    }

    private static boolean isValid(Matcher field) {
        String version = field.group(1);
        boolean longer = field.group(5) != null;
        return !version.equals("ff")
                && !(longer && version.equals("00"))
                && !isZero(field.group(2))
                && !isZero(field.group(3));
    }

    private static boolean isZero(String id) {
        return id.chars().allMatch(c -> c == '0');
    }

    /** Sixteen digits, not all of them zero. */
    private static String id() {
        long random = ThreadLocalRandom.current().nextLong();
        String digits = Long.toHexString(random == 0 ? 1 : random);
        return "0".repeat(16 - digits.length()) + digits;
    }
}
