package dev.sluice.dispatch;

import dev.sluice.job.JobId;
import dev.sluice.job.JobTokens;
import dev.sluice.representation.JobLinks;
import java.util.function.Supplier;

/** The URLs to which backends report. Such a URL is a credential, so only the backend of its job receives it. */
final class ReportUrls {

    private final Supplier<String> gateway;
    private final JobLinks links;
    private final JobTokens tokens;

    /**
     * Makes URLs.
     *
     * @param gateway the URL under which backends reach this gateway, without a slash at its end
     * @param links says where jobs are served
     */
    ReportUrls(Supplier<String> gateway, JobLinks links, JobTokens tokens) {
        this.gateway = gateway;
        this.links = links;
        this.tokens = tokens;
    }

    /** The URL for progress of a job. */
    String progress(JobId job) {
        return gateway.get() + links.self(job) + "/progress?token=" + tokens.of(job);
    }

    /** The URL for the answer to an attempt of a job by a later call. */
    String completion(JobId job, int attempt) {
        return gateway.get() + links.self(job) + "/completion?token=" + tokens.ofCompletion(job, attempt);
    }
}
