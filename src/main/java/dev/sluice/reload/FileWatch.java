package dev.sluice.reload;

import dev.sluice.route.ConfigurationFiles;
import dev.sluice.route.UnusableConfigurationException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Reloads the routes when a configuration file has changed. Looks once a second, because events of file systems do not tell of links
 * that are exchanged or of files on other machines: at the times, sizes and numbers of the files and of the directories that are
 * searched for more, and at the contents if these are not as before, and now and then in any case. A change is applied when the
 * contents are the same at two looks, so that a file is not read while it is being written.
 */
final class FileWatch implements SmartLifecycle {

    static final Duration PERIOD = Duration.ofSeconds(1);

    /** Every so many looks the contents are compared in any case: some changes are not to be seen otherwise. */
    static final int READ_ANYWAY = 10;

    private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);

    private final RouteReload reload;
    private final Scheduler scheduler;
    private final Disposable.Swap looking = Disposables.swap();
    private volatile boolean running;

    // Confined to the scheduler's thread.
    private ConfigurationFiles files;
    private String seen = "";
    private String pending = "";
    private Set<Path> looked = Set.of();
    private Map<Path, Object> stamps = Map.of();
    private int unread;

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

    private void look() {
        Map<Path, Object> stamped = ConfigurationFiles.stamps(looked);
        if (pending.equals(seen) && stamped.equals(stamps) && ++unread < READ_ANYWAY) {
            return;
        }
        unread = 0;
        stamps = stamped; // from before the contents are read, so that what changes meanwhile is read the next time
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
            ConfigurationFiles.State state = files.state();
            looked = state.looked();
            return state.digest();
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
