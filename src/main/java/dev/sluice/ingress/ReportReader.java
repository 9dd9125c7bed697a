package dev.sluice.ingress;

import dev.sluice.job.Problem;
import dev.sluice.job.Progress;
import dev.sluice.job.Transition;
import dev.sluice.representation.ProblemException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads a progress report: a JSON object, whose unknown members are kept as they were sent, on one line. */
final class ReportReader {

    /** Maximum size of a report in bytes, small enough to be parsed on an event loop. */
    static final int MOST = 16 * 1024;

    /** Members that every event has itself. */
    private static final List<String> RESERVED = List.of("job", "seq", "at");

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS) // keeps numbers as they are
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ReportReader() {}

    /**
     * Reads the body of a report.
     *
     * @throws ProblemException {@code bad-request} if it is malformed
     */
    static Transition.Report read(byte[] body) {
        try {
            if (JSON.readTree(body) instanceof ObjectNode report) {
                return report(report);
            }
        } catch (JacksonException e) {
            throw bad("The report is no JSON, or has a number or a name that cannot be taken");
        }
        throw bad("The report is no JSON object");
    }

    private static Transition.Report report(ObjectNode report) {
        for (String name : RESERVED) {
            if (report.has(name)) {
                throw bad("The report has the member " + name + ", which every event has already");
            }
        }
        Progress progress = new Progress(percent(report.remove("percent")), message(report.remove("message")));
        return new Transition.Report(progress, report.isEmpty() ? null : JSON.writeValueAsString(report));
    }

    private static @Nullable Double percent(@Nullable JsonNode given) {
        if (given == null) {
            return null;
        }
        double percent = given.isNumber() ? given.doubleValue() : -1;
        if (percent >= 0 && percent <= 100) {
            return percent;
        }
        throw bad("The report's percent is no number from 0 to 100");
    }

    private static @Nullable String message(@Nullable JsonNode given) {
        if (given == null) {
            return null;
        }
        String message = given.isString() ? given.stringValue() : null;
        if (message != null && message.codePointCount(0, message.length()) <= Progress.LONGEST_MESSAGE) {
            return message;
        }
        throw bad("The report's message is no string of at most " + Progress.LONGEST_MESSAGE + " characters");
    }

    private static ProblemException bad(String what) {
        return new ProblemException(
                Problem.BAD_REQUEST,
                what + "; nothing was recorded. Send one object such as {\"percent\":40,\"message\":\"page 4\"}.");
    }
}
