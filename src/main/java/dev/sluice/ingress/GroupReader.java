package dev.sluice.ingress;

import dev.sluice.ingress.header.TimeValues;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads what a client asks of a new group: nothing, or a JSON object. */
final class GroupReader {

    /** Maximum size of a body in bytes, small enough to be parsed on an event loop. */
    static final int MOST = 4 * 1024;

    private static final int LONGEST_LABEL = 200;
    private static final int LARGEST = 10_000_000;
    private static final Duration LONGEST_KEEP = Duration.ofDays(30);

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private GroupReader() {}

    /**
     * What is asked of the group.
     *
     * @param size the number of jobs with which it closes itself; 0 for none
     */
    record Asked(@Nullable String label, int size, Duration keep) {}

    /**
     * Reads a body.
     *
     * @param keep how long the group is kept if the body does not say
     * @throws ProblemException {@code bad-request} if it is malformed
     */
    static Asked read(byte[] body, Duration keep) {
        if (body.length == 0) {
            return new Asked(null, 0, keep);
        }
        try {
            if (JSON.readTree(body) instanceof ObjectNode group) {
                return read(group, keep);
            }
        } catch (JacksonException e) {
            throw bad("The body is no JSON, or has a name twice");
        }
        throw bad("The body is no JSON object");
    }

    private static Asked read(ObjectNode group, Duration keep) {
        Asked asked =
                new Asked(label(group.remove("label")), size(group.remove("size")), keep(group.remove("keep"), keep));
        if (!group.isEmpty()) {
            throw bad("The body has a member that is none of label, size and keep");
        }
        return asked;
    }

    private static @Nullable String label(@Nullable JsonNode given) {
        if (given == null) {
            return null;
        }
        String label = given.isString() ? given.stringValue() : null;
        if (label != null && label.codePointCount(0, label.length()) <= LONGEST_LABEL) {
            return label;
        }
        throw bad("The label is no string of at most " + LONGEST_LABEL + " characters");
    }

    private static int size(@Nullable JsonNode given) {
        if (given == null) {
            return 0;
        }
        int size = given.isIntegralNumber() && given.canConvertToInt() ? given.intValue() : -1;
        if (size >= 1 && size <= LARGEST) {
            return size;
        }
        throw bad("The size is no whole number from 1 to " + LARGEST);
    }

    private static Duration keep(@Nullable JsonNode given, Duration usual) {
        if (given == null) {
            return usual;
        }
        Duration longest = usual.compareTo(LONGEST_KEEP) > 0 ? usual : LONGEST_KEEP;
        Duration keep = given.isString() ? TimeValues.duration(given.stringValue()) : null;
        if (keep != null && keep.compareTo(Duration.ofSeconds(1)) >= 0 && keep.compareTo(longest) <= 0) {
            return keep;
        }
        throw bad("The keep is no duration from 1s to " + longest.toDays() + "d, such as \"2h\" or \"PT2H\"");
    }

    private static ProblemException bad(String what) {
        return new ProblemException(
                Problem.BAD_REQUEST,
                what + "; no group was created. Send nothing, or one object such as"
                        + " {\"label\":\"thumbnails\",\"size\":50,\"keep\":\"2h\"}.");
    }
}
