package dev.sluice.management;

import dev.sluice.job.JobState;
import dev.sluice.representation.ProblemException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.server.ServerRequest;

/**
 * The query parameters of a request. Unknown and repeated parameters are rejected: if they were ignored, other jobs than the
 * intended ones could be listed or redriven. An empty parameter counts as absent.
 */
final class Parameters {

    private static final String STATES =
            Arrays.stream(JobState.values()).map(JobState::text).collect(Collectors.joining(", "));

    private final Map<String, List<String>> values;

    private Parameters(Map<String, List<String>> values) {
        this.values = values;
    }

    /**
     * Reads the parameters.
     *
     * @throws ProblemException {@code bad-request} for a parameter that is not among the known ones or is repeated
     */
    static Parameters of(ServerRequest request, String... known) {
        Map<String, List<String>> values = request.queryParams();
        values.forEach((name, given) -> {
            if (!Arrays.asList(known).contains(name)) {
                throw ManagementProblems.parameter(
                        "'" + name + "'",
                        known.length == 0
                                ? "is not known here; there is none"
                                : "is not known here; known are " + String.join(", ", known));
            } else if (given.size() > 1) {
                throw ManagementProblems.parameter(name, "is given " + given.size() + " times; give it once");
            }
        });
        return new Parameters(values);
    }

    /** The value; null if it is absent. */
    @Nullable
    String text(String name) {
        List<String> given = values.get(name);
        // A name without an equals sign has a null value.
        String text = given == null || given.isEmpty() ? null : given.get(0);
        return text == null || text.isEmpty() ? null : text;
    }

    @Nullable
    JobState state() {
        String text = text("state");
        if (text == null) {
            return null;
        }
        for (JobState state : JobState.values()) {
            if (state.text().equals(text)) {
                return state;
            }
        }
        throw ManagementProblems.parameter("state", "is none of " + STATES);
    }

    @Nullable
    Instant instant(String name) {
        String text = text(name);
        if (text == null) {
            return null;
        }
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw ManagementProblems.parameter(name, "is no instant such as 2026-11-23T13:41:07.123Z");
        }
    }

    int number(String name, int otherwise, int most) {
        String text = text(name);
        if (text == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same problem as for a number out of range
        }
        throw ManagementProblems.parameter(name, "is no whole number from 1 to " + most);
    }

    boolean flag(String name) {
        String text = text(name);
        if (text == null || text.equals("false")) {
            return false;
        } else if (text.equals("true")) {
            return true;
        }
        throw ManagementProblems.parameter(name, "is neither true nor false");
    }
}
