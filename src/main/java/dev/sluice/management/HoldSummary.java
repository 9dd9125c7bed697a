package dev.sluice.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sluice.protection.Hold;
import org.jspecify.annotations.Nullable;

/**
 * A hold as the list of routes shows it.
 *
 * @param caller whose jobs are held, as a hash in hexadecimal; null for those of the whole route
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record HoldSummary(String reason, @Nullable String caller, String since, String until) {

    static HoldSummary of(Hold hold) {
        return new HoldSummary(
                hold.reason().text(),
                hold.callerText(),
                ManagementJson.text(hold.since()),
                ManagementJson.text(hold.until()));
    }
}
