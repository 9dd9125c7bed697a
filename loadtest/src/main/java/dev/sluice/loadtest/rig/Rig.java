package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Starts processes on free ports of loopback, below {@code loadtest/target}. Stops all of them and removes their data when it
 * is closed and when the JVM ends, also by Ctrl-C; where {@code setpriv} is there, the kernel kills them when the kit is killed.
 */
public final class Rig implements AutoCloseable {

    private static final Duration LONGEST_START = Duration.ofMinutes(10);
    private static final String BACKEND = "dev.sluice.demo.DemoBackend";

    private final Settings settings;
    private final Path work;
    private final Ports ports = new Ports();
    private final Map<Path, App> apps = new HashMap<>();
    private final Deque<Started> started = new ArrayDeque<>();
    private final ExecutorService starter = Executors.newSingleThreadExecutor(Rig::daemon);
    private final Deque<Runnable> atEnd = new ArrayDeque<>();
    private final Thread hook = new Thread(this::stopAll, "rig-hook");
    private @Nullable Postgres postgres;
    private int count;
    private boolean closed;

    public Rig(Settings settings) throws IOException {
        this.settings = settings;
        this.work = Workspaces.create(settings.target());
        Runtime.getRuntime().addShutdownHook(hook);
    }

    public Settings settings() {
        return settings;
    }

    /** A directory that is removed with the rest. */
    public Path work() {
        return work;
    }

    public int freePort() {
        return ports.next();
    }

    /** Has something done when the run is over: after all processes have ended, before their files are removed. */
    public synchronized void atEnd(Runnable task) {
        atEnd.push(task);
    }

    /** Starts the demo backend, which answers as the query of each request says and counts its calls. */
    public Backend startBackend() throws InterruptedException {
        int port = ports.next();
        URI base = URI.create("http://127.0.0.1:" + port);
        Started process = java("backend", "", List.of(BACKEND, Integer.toString(port)));
        process.awaitReady(base.resolve("/demo/calls"), LONGEST_START);
        return new Backend(base, Optional.of(process));
    }

    /** Starts a class of the kit on the gateway's libraries, with the options that servers get: a server to compare with. */
    public Started startBeside(String name, String mainClass, List<String> arguments) {
        List<String> words = new ArrayList<>(List.of(mainClass));
        words.addAll(arguments);
        return java(name, settings.target().resolve("classes") + ":", words);
    }

    private Started java(String name, String moreClasses, List<String> words) {
        List<String> command = new ArrayList<>(List.of(settings.java()));
        command.addAll(settings.jvmOptions());
        try {
            command.addAll(app(settings.jar()).classPath(moreClasses));
        } catch (IOException e) {
            throw new RigException("the unpacked jar cannot be read: " + e.getMessage(), e);
        }
        command.addAll(words);
        return start(name, Map.of(), command);
    }

    /** Starts any program; it runs in the directory of this run. */
    public synchronized Started start(String name, Map<String, String> environment, List<String> command) {
        if (closed) {
            throw new RigException("the run is over");
        }
        // By a thread that lives as long as the kit: what the kernel kills with us, it kills with the thread that
        // started it.
        List<String> whole = Workspaces.dyingWithUs(command);
        Path log = settings.target().resolve(name + ".log");
        Started process = CompletableFuture.supplyAsync(
                        () -> Started.start(name, log, work, environment, whole), starter)
                .join();
        started.push(process);
        return process;
    }

    /** How a gateway would be started; the first and each further one has ports and a directory of its own. */
    public synchronized GatewaySetup setup(URI backend) {
        count++;
        String name = count == 1 ? "gateway" : "gateway-" + count;
        return new GatewaySetup(
                name,
                settings.jar(),
                settings.installation(),
                ports.next(),
                ports.next(),
                backend,
                work.resolve("data-" + count),
                settings.jvmOptions(),
                List.of());
    }

    /** Starts a gateway and waits until it is ready. */
    public Gateway startGateway(GatewaySetup setup) throws InterruptedException {
        Map<String, String> environment = new HashMap<>(journal());
        environment.put("GATEWAY_PORT", Integer.toString(setup.port()));
        environment.put("MANAGEMENT_PORT", Integer.toString(setup.managementPort()));
        environment.put("BACKEND_URL", setup.backend().toString());
        environment.put("DATA", setup.data().toString());
        List<String> command = program(setup, environment);
        command.add("--spring.config.additional-location=file:"
                + settings.loadtest().resolve("application.yaml"));
        command.addAll(setup.properties());
        Started process = start(setup.name(), environment, command);
        URI management = URI.create("http://127.0.0.1:" + setup.managementPort());
        Duration ready = process.awaitReady(management.resolve("/actuator/health/readiness"), LONGEST_START);
        return new Gateway(
                URI.create("http://127.0.0.1:" + setup.port()),
                Optional.of(management),
                Optional.of(process),
                Optional.of(setup),
                ready);
    }

    private List<String> program(GatewaySetup setup, Map<String, String> environment) {
        Path directory = setup.installation().orElse(null);
        if (directory != null) {
            environment.putAll(Installation.environment(Path.of(settings.java()), setup.jvmOptions()));
            return new ArrayList<>(Installation.command(directory));
        }
        List<String> command = new ArrayList<>(List.of(settings.java()));
        command.addAll(setup.jvmOptions());
        try {
            command.addAll(List.of("-jar", app(setup.jar()).jar().toString()));
        } catch (IOException e) {
            throw new RigException("the unpacked jar cannot be read: " + e.getMessage(), e);
        }
        return command;
    }

    /** The PostgreSQL of this run, which is started when it is first asked for. Empty if one is given by its URL. */
    public synchronized Optional<Postgres> postgres() throws InterruptedException {
        if (!settings.databaseUrl().isEmpty()) {
            return Optional.empty();
        }
        if (postgres == null) {
            Postgres fresh = Postgres.start(settings, work.resolve("pg"), ports.next());
            postgres = fresh;
            fresh.awaitReady();
        }
        return Optional.ofNullable(postgres);
    }

    private Map<String, String> journal() throws InterruptedException {
        Map<String, String> environment = new HashMap<>();
        environment.put("SLUICE_JOURNAL_TYPE", settings.journal().key());
        if (settings.journal() == JournalKind.POSTGRES) {
            environment.putAll(postgres()
                    .map(Postgres::environment)
                    .orElseGet(() -> Map.of("SLUICE_JOURNAL_POSTGRES_URL", settings.databaseUrl())));
        }
        return environment;
    }

    private synchronized App app(Path jar) {
        return apps.computeIfAbsent(jar, unused -> App.of(settings, jar));
    }

    private synchronized void stopAll() {
        closed = true;
        started.forEach(Started::stop);
        if (postgres != null) {
            postgres.stop();
        }
        atEnd.forEach(Runnable::run);
        atEnd.clear();
        try {
            Trees.delete(work);
        } catch (IOException e) {
            System.err.println(work + " cannot be removed: " + e.getMessage());
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "rig-starter");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() {
        stopAll();
        starter.shutdown();
        Runtime.getRuntime().removeShutdownHook(hook);
    }
}
