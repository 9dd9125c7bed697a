package dev.sluice.loadtest.load;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The first error of many things that run at once. */
final class FirstError {

    private final AtomicReference<@Nullable Throwable> error = new AtomicReference<>();

    void set(Throwable cause) {
        error.compareAndSet(null, cause);
    }

    boolean none() {
        return error.get() == null;
    }

    void rethrow() {
        Throwable cause = error.get();
        if (cause != null) {
            throw new IllegalStateException(cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
        }
    }
}
