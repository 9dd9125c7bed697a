package dev.sluice.dispatch;

import dev.sluice.job.JobId;
import dev.sluice.job.JobTokens;
import dev.sluice.representation.JobLinks;
import java.util.function.Supplier;

/** Where backends report to. Whoever knows such a URL may report, so it is told to the backend of its job only. */
final class ReportUrls {

    private final Supplier<String> gateway;
    private final JobLinks links;
    private final JobTokens tokens;

    /**
     * Makes URLs.
     *
     * @param gateway how backends reach this gateway, without a slash at its end
     * @param links says where jobs are served
     */
    ReportUrls(Supplier<String> gateway, JobLinks links, JobTokens tokens) {
        this.gateway = gateway;
        this.links = links;
        this.tokens = tokens;
    }

    /** Where progress of a job is reported. */
    String progress(JobId job) {
        return gateway.get() + links.self(job) + "/progress?token=" + tokens.of(job);
    }
}
