package dev.sluice;

import java.io.IOException;

/** Signals that Java does not send by itself. */
public final class Signal {

    private Signal() {}

    /**
     * Sends a signal to a process and waits until it is sent, which is not until it has worked.
     *
     * @param name as {@code STOP}
     */
    public static void send(String name, Process process) throws IOException, InterruptedException {
        // The shell's own kill: the program of that name need not be there.
        int code = new ProcessBuilder("sh", "-c", "kill -s " + name + " " + process.pid())
                .inheritIO()
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("cannot send " + name + " to " + process.pid());
        }
    }
}
