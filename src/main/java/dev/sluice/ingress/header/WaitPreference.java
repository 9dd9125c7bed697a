package dev.sluice.ingress.header;

import dev.sluice.route.AdmissionPolicy;
import dev.sluice.route.AdmissionPolicy.Mode;
import dev.sluice.route.Route;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a request waits for the response of the backend before it is answered with 202: as its route says, unless the client
 * has a preference (RFC 7240, 4.1 and 4.3).
 *
 * @param most the longest wait; zero for a 202 at once
 * @param waitApplied the client's {@code wait} as applied, in seconds; -1 if it sent none
 * @param async whether the client asked for {@code respond-async}
 */
public record WaitPreference(Duration most, long waitApplied, boolean async) {

    /** No wait. */
    public static final WaitPreference NONE = new WaitPreference(Duration.ZERO, -1, false);

    /** The wait of a request to a route that makes jobs. */
    public static WaitPreference of(Route route, Preferences preferences, Duration maxWait) {
        boolean async = preferences.respondAsync();
        if (preferences.waitSeconds() >= 0) {
            Duration wait = atMost(preferences.waitSeconds(), maxWait);
            return new WaitPreference(wait, wait.toSeconds(), async);
        } else if (async) {
            return new WaitPreference(Duration.ZERO, -1, true);
        }
        AdmissionPolicy admission = route.admission();
        return new WaitPreference(admission.mode() == Mode.NEGOTIATE ? maxWait : admission.defaultWait(), -1, false);
    }

    /** The wait of a request for a job or its result, which is answered at once unless the client prefers to wait. */
    public static WaitPreference of(Preferences preferences, Duration maxWait) {
        int seconds = preferences.waitSeconds();
        Duration wait = seconds < 0 ? Duration.ZERO : atMost(seconds, maxWait);
        return new WaitPreference(wait, seconds < 0 ? -1 : wait.toSeconds(), false);
    }

    /** This preference without the wait, where it cannot be honoured. */
    public WaitPreference withoutWait() {
        return new WaitPreference(Duration.ZERO, -1, async);
    }

    public boolean none() {
        return most.isZero();
    }

    /** The value of {@code Preference-Applied} in a 202; null if the client had no preference. */
    @Nullable
    public String applied() {
        String waited = appliedWait();
        if (!async) {
            return waited;
        }
        return waited == null ? "respond-async" : "respond-async, " + waited;
    }

    /** The value of {@code Preference-Applied} in a response that was waited for; null if the client did not ask to wait. */
    @Nullable
    public String appliedWait() {
        return waitApplied < 0 ? null : "wait=" + waitApplied;
    }

    private static Duration atMost(int seconds, Duration most) {
        Duration wait = Duration.ofSeconds(seconds);
        return wait.compareTo(most) > 0 ? most : wait;
    }
}
