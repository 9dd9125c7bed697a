package dev.sluice.protection;

/** Which of the latest calls failed. Not thread-safe. */
final class CallWindow {

    private final boolean[] failed;
    private int next;
    private int calls;
    private int failures;

    /** Makes a window of that many calls. */
    CallWindow(int size) {
        failed = new boolean[size];
    }

    /** Adds a call, in place of the oldest if the window is full. */
    void add(boolean failure) {
        if (calls == failed.length) {
            failures -= failed[next] ? 1 : 0;
        } else {
            calls++;
        }
        failed[next] = failure;
        failures += failure ? 1 : 0;
        next = (next + 1) % failed.length;
    }

    int calls() {
        return calls;
    }

    int failures() {
        return failures;
    }

    void clear() {
        calls = 0;
        failures = 0;
    }
}
