package dev.sluice.reload;

import dev.sluice.route.ConfigurationFiles;
import dev.sluice.route.UnusableConfigurationException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Reloads the routes when a configuration file has changed. Compares the contents every half second, because events of file
 * systems do not tell of links that are exchanged or of files on other machines. A change is applied when it is the same at
 * two looks, so that a file is not read while it is being written.
 */
final class FileWatch implements SmartLifecycle {

    static final Duration PERIOD = Duration.ofMillis(500);

    private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);

    private final RouteReload reload;
    private final Scheduler scheduler;
    private final Disposable.Swap looking = Disposables.swap();
    private volatile boolean running;

    // Confined to the scheduler's thread.
    private ConfigurationFiles files;
    private String seen = "";
    private String pending = "";

    /**
     * Makes a watch that is not started.
     *
     * @param scheduler that of the reloads
     */
    FileWatch(RouteReload reload, Scheduler scheduler) {
        this.reload = reload;
        this.scheduler = scheduler;
        this.files = reload.files();
    }

    @Override
    public void start() {
        running = true;
        scheduler.schedule(this::begin);
        looking.update(scheduler.schedulePeriodically(
                this::look, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS));
    }

    private void begin() {
        files = reload.files();
        seen = digest();
        pending = seen;
    }

    /** Looks once. */
    void look() {
        String now = digest();
        if (now.equals(seen)) {
            pending = now;
        } else if (!now.equals(pending)) {
            pending = now;
        } else {
            seen = now;
            apply();
        }
    }

    private void apply() {
        try {
            reload.apply();
        } catch (UnusableConfigurationException e) {
            return; // was reported
        } catch (RuntimeException e) {
            LOG.error("The routes could not be read again", e);
            return;
        }
        ConfigurationFiles read = reload.files();
        if (!read.equals(files)) { // what the others contained when they were read is not known
            files = read;
            seen = "";
        }
    }

    private String digest() {
        try {
            return files.state().digest();
        } catch (IOException e) {
            return "unreadable: " + e.getMessage();
        }
    }

    @Override
    public void stop() {
        running = false;
        looking.update(Disposables.disposed());
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
