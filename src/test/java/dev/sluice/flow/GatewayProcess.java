package dev.sluice.flow;

import dev.sluice.FreePorts;
import dev.sluice.MemoryGroup;
import dev.sluice.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.util.retry.Retry;

/** The real gateway in a process of its own, on the JDK and class path of the test run, so that it can be killed. */
final class GatewayProcess implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration END_LIMIT = Duration.ofSeconds(30);

    private final Process process;
    private final Path directory;
    private final List<String> settings;
    private final int[] ports;

    private GatewayProcess(Process process, Path directory, List<String> settings, int[] ports) {
        this.process = process;
        this.directory = directory;
        this.settings = settings;
        this.ports = ports;
    }

    /** Launches without waiting for it. Its journal and its log are below {@code directory}. */
    static GatewayProcess launch(Path directory, List<String> settings) throws IOException {
        return launch(directory, settings, freePorts());
    }

    /** Launches with further options of the JVM and variables of the environment. */
    static GatewayProcess launch(
            Path directory, List<String> settings, List<String> options, Map<String, String> variables)
            throws IOException {
        return launch(directory, settings, freePorts(), List.of(), quickStart(options), variables);
    }

    /** Launches in a group with a limit of memory, with a heap of the usual size and nothing that tests share. */
    static GatewayProcess launch(Path directory, List<String> settings, MemoryGroup group) throws IOException {
        return launch(directory, settings, freePorts(), group.prefix(), List.of(), Map.of());
    }

    private static GatewayProcess launch(Path directory, List<String> settings, int[] ports) throws IOException {
        return launch(directory, settings, ports, List.of(), quickStart(List.of("-Xmx256m")), Map.of());
    }

    private static List<String> quickStart(List<String> options) throws IOException {
        List<String> all = new ArrayList<>(GatewayProgram.find().quickStart());
        all.addAll(options);
        return all;
    }

    private static GatewayProcess launch(
            Path directory,
            List<String> settings,
            int[] ports,
            List<String> prefix,
            List<String> options,
            Map<String, String> variables)
            throws IOException {
        return launch(GatewayProgram.find().classPath(), directory, settings, ports, prefix, options, variables);
    }

    /** Launches from a class path. */
    static GatewayProcess launch(
            String classPath,
            Path directory,
            List<String> settings,
            int[] ports,
            List<String> prefix,
            List<String> options,
            Map<String, String> variables)
            throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1"));
        command.addAll(options);
        command.addAll(List.of(
                GatewayProgram.MAIN,
                "--server.port=" + ports[0],
                "--sluice.management.port=" + ports[1],
                "--sluice.journal.path=" + directory.resolve("data")));
        command.addAll(settings);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(logFile(directory).toFile()));
        builder.environment().put("CLASSPATH", classPath);
        builder.environment().putAll(variables);
        return new GatewayProcess(builder.start(), directory, settings, ports);
    }

    /** Launches and waits until it is ready. */
    static GatewayProcess start(Path directory, List<String> settings) throws IOException {
        return ready(launch(directory, settings));
    }

    /** One that has ended, once more: same directory, settings and ports, so that clients that come back find it. */
    GatewayProcess again() throws IOException {
        return ready(launch(directory, settings, ports));
    }

    /** Waits until one that was launched is ready. */
    static GatewayProcess ready(GatewayProcess gateway) throws IOException {
        try {
            gateway.awaitReady();
            return gateway;
        } catch (RuntimeException | Error e) {
            gateway.close();
            throw e;
        }
    }

    private void awaitReady() throws IOException {
        try {
            HttpClient.create()
                    .get()
                    .uri(managementUrl() + "/actuator/health/readiness")
                    .response()
                    .filter(answer -> answer.status().code() == 200)
                    .switchIfEmpty(Mono.error(() -> new IOException("not ready")))
                    .retryWhen(Retry.fixedDelay(1000, Duration.ofMillis(50)).filter(e -> process.isAlive()))
                    .block(START_LIMIT);
        } catch (RuntimeException e) {
            throw new AssertionError("the gateway does not start:\n" + log(), e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + ports[0];
    }

    /** The listener for operators. */
    String managementUrl() {
        return "http://127.0.0.1:" + ports[1];
    }

    /** SIGKILL: it gets no chance to tidy up. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        awaitEnd();
    }

    /** SIGTERM: it is asked to stop. */
    void terminate() {
        process.destroy();
    }

    /** SIGSTOP: it stands still, as a machine does that is busy with something else, and knows nothing of it. */
    void pause() throws IOException, InterruptedException {
        Signal.send("STOP", process);
    }

    /** SIGCONT: it goes on where it was. */
    void resume() throws IOException, InterruptedException {
        Signal.send("CONT", process);
    }

    /** Waits for the end, which somebody else has to have caused. */
    void awaitEnd() throws InterruptedException {
        awaitEnd(END_LIMIT);
    }

    void awaitEnd(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("the gateway does not end:\n" + log());
        }
    }

    /** With which it ended. */
    int status() {
        return process.exitValue();
    }

    /** What it has printed so far, over all starts in this directory. */
    String log() {
        try {
            return Files.readString(logFile(directory));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }

    private static Path logFile(Path directory) {
        return directory.resolve("gateway.log");
    }

    static int[] freePorts() throws IOException {
        int one = FreePorts.next();
        int two = FreePorts.next();
        while (two == one) {
            two = FreePorts.next();
        }
        return new int[] {one, two};
    }
}
