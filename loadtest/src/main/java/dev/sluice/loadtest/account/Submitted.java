package dev.sluice.loadtest.account;

import org.jspecify.annotations.Nullable;

/**
 * A job whose 202 was read.
 *
 * @param path of the job
 * @param once whether it must not be called twice
 * @param told whether a callback was asked for
 * @param trail what its reader was told; null if it had none
 */
public record Submitted(
        String path, boolean once, boolean told, @Nullable Trail trail) {

    /** The id of the job. */
    public String id() {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
