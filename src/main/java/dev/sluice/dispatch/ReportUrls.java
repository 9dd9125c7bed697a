package dev.sluice.dispatch;

import dev.sluice.events.JobJson;
import dev.sluice.job.JobId;
import dev.sluice.job.JobTokens;
import java.util.function.Supplier;

/** Where backends report to. Whoever knows such a URL may report, so it is told to the backend of its job only. */
final class ReportUrls {

    private final Supplier<String> gateway;
    private final JobJson paths;
    private final JobTokens tokens;

    /**
     * Makes URLs.
     *
     * @param gateway how backends reach this gateway, without a slash at its end
     * @param paths knows where jobs are served
     */
    ReportUrls(Supplier<String> gateway, JobJson paths, JobTokens tokens) {
        this.gateway = gateway;
        this.paths = paths;
        this.tokens = tokens;
    }

    /** Where progress of a job is reported. */
    String progress(JobId job) {
        return gateway.get() + paths.self(job) + "/progress?token=" + tokens.of(job);
    }
}
