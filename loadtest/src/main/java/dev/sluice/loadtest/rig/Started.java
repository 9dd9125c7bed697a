package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A process that was started for a run, whose output goes to a file. */
public final class Started {

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private static final Duration LONGEST_STOP = Duration.ofSeconds(30);
    private static final int TAIL = 40;

    private final String name;
    private final Path log;
    private final Process process;
    private final long begun = System.nanoTime();

    private Started(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
    }

    static Started start(String name, Path log, Path directory, Map<String, String> environment, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        builder.environment().putAll(environment);
        try {
            return new Started(name, log, builder.start());
        } catch (IOException e) {
            throw new RigException(name + " cannot be started: " + e.getMessage(), e);
        }
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** Empty if it has ended. */
    public Optional<ProcessStats> stats() {
        return ProcessStats.of(pid());
    }

    /**
     * Waits until a URL is answered with success.
     *
     * @return how long after the start of the process that was
     * @throws RigException with the end of its output, if it ends before or is not ready in time
     */
    public Duration awaitReady(URI url, Duration longest) throws InterruptedException {
        while (!answers(url)) {
            if (!process.isAlive()) {
                throw new RigException(
                        name + " has ended with " + process.exitValue() + ", see " + log + "\n" + tail());
            }
            if (System.nanoTime() - begun > longest.toNanos()) {
                throw new RigException(
                        name + " is not ready after " + longest.toSeconds() + " s, see " + log + "\n" + tail());
            }
            Thread.sleep(20); // it can only be asked
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private static boolean answers(URI url) throws InterruptedException {
        try {
            HttpRequest request =
                    HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(5)).build();
            return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() / 100 == 2;
        } catch (IOException e) {
            return false; // not yet
        }
    }

    /**
     * Waits until it ends by itself.
     *
     * @throws RigException with the end of its output, if it does not end with 0
     */
    public void awaitEnd() throws InterruptedException {
        if (process.waitFor() != 0) {
            throw new RigException(name + " ended with " + process.exitValue() + ", see " + log + "\n" + tail());
        }
    }

    /** Stops it in order (SIGTERM) and waits for its end; kills it if that takes more than half a minute. */
    public void stop() {
        signalAndAwait(process::destroy);
    }

    /** Kills it (SIGKILL) and waits for its end. */
    public void kill() {
        signalAndAwait(process::destroyForcibly);
    }

    /** Sends it a signal of another kind, for example {@code STOP} or {@code CONT}. */
    public void signal(String signal) {
        try {
            new ProcessBuilder("kill", "-" + signal, Long.toString(pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new RigException("no signal can be sent: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void signalAndAwait(Runnable signal) {
        signal.run();
        boolean interrupted = false;
        while (process.isAlive()) {
            try {
                if (!process.waitFor(LONGEST_STOP.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                interrupted = true;
                process.destroyForcibly();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private String tail() {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL), lines.size()));
        } catch (IOException e) {
            return "(" + log + " cannot be read: " + e.getMessage() + ")";
        }
    }
}
