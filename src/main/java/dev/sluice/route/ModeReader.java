package dev.sluice.route;

import dev.sluice.route.AdmissionPolicy.Idempotency;
import dev.sluice.route.AdmissionPolicy.Mode;
import dev.sluice.route.AdmissionPolicy.WhenFinished;
import java.time.Duration;

/** Reads the settings that depend on the mode of a route. */
final class ModeReader {

    private ModeReader() {}

    /** Refuses settings that need a job in mode sync. */
    static void requireSense(RouteKeys keys, RouteProperties from) {
        if (from.mode() == Mode.SYNC && from.idempotency() == Idempotency.REQUIRED) {
            throw keys.wrong(
                    "idempotency", "required", "optional or off in mode sync, which makes no job to answer with again");
        }
        if (from.mode() == Mode.SYNC && from.fairBy() != null) {
            throw keys.wrong("fair-by", from.fairBy(), "no field in mode sync, which makes no job that could wait");
        }
        if (from.mode() == Mode.SYNC && from.follow()) {
            throw keys.wrong("follow", true, "false in mode sync, which makes no job");
        }
        if (from.mode() == Mode.SYNC && from.whenFinished() == WhenFinished.REDIRECT) {
            throw keys.wrong("when-finished", "redirect", "status in mode sync, which makes no job");
        }
    }

    static Duration defaultWait(RouteKeys keys, RouteProperties from) {
        Duration wait = from.defaultWait();
        if (wait.isNegative() || wait.compareTo(RouteReader.LONGEST) > 0) {
            throw keys.wrong(
                    "wait",
                    RouteReader.text(wait),
                    "a duration such as 2s, from 0s to " + RouteReader.LONGEST.toDays() + "d");
        } else if (!wait.isZero() && from.mode() != Mode.ASYNC) {
            throw keys.wrong("wait", RouteReader.text(wait), "0s in the modes negotiate and sync, which wait anyway");
        }
        return wait;
    }
}
