package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One run of a program of {@code src/test/clients}, and the lines that it prints. */
final class ClientRun implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;
    private final List<String> told = new ArrayList<>();

    ClientRun(ProcessBuilder program) throws IOException {
        process = program.redirectErrorStream(true).start();
        output = process.inputReader();
        // One that hangs is ended, which ends the reading of what it says.
        process.onExit().orTimeout(120, TimeUnit.SECONDS).exceptionally(late -> process.destroyForcibly());
    }

    /** The next lines, each of which has to match. */
    void expect(String... patterns) throws IOException {
        for (String pattern : patterns) {
            assertThat(next()).as(() -> "next of " + told).matches(pattern);
        }
    }

    String next() throws IOException {
        String line = output.readLine();
        told.add(line);
        assertThat(line).as(() -> "next of " + told).isNotNull();
        return line;
    }

    /** The next line that matches, past others. */
    String nextOf(String pattern) throws IOException {
        String line = next();
        while (!line.matches(pattern)) {
            line = next();
        }
        return line;
    }

    /** All lines so far. */
    List<String> told() {
        return told;
    }

    /** Reads the rest, and says how it ended. */
    int exit() throws Exception {
        output.lines().filter(line -> !line.isEmpty()).forEach(told::add);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    /** It says nothing more and has succeeded. */
    void ends() throws Exception {
        int before = told.size();
        assertThat(exit()).as(() -> "exit after " + told).isZero();
        assertThat(told).hasSize(before);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
