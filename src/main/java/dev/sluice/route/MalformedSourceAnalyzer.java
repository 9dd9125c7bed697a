package dev.sluice.route;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.json.JsonParseException;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Reports a configuration file that is not valid YAML or JSON as one message; this is detected before there is an environment.
 * Nothing of the file is shown, because it may contain passwords.
 */
final class MalformedSourceAnalyzer implements FailureAnalyzer {

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof MarkedYAMLException malformed) {
                return analysis("A configuration file is not valid YAML" + where(malformed) + ".", failure);
            } else if (cause instanceof JsonParseException) {
                return analysis("SPRING_APPLICATION_JSON is not valid JSON.", failure);
            }
        }
        return null;
    }

    private static String where(MarkedYAMLException malformed) {
        Mark mark = malformed.getProblemMark();
        String at = mark == null ? "" : ", line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1);
        return at + ": " + malformed.getProblem();
    }

    private static FailureAnalysis analysis(String description, Throwable failure) {
        return new FailureAnalysis(
                description,
                "Correct it and start again. Read are config/application.yaml, those for the active profiles beside it,"
                        + " and what spring.config.location, spring.config.additional-location or spring.config.import"
                        + " name.",
                failure);
    }
}
