package dev.sluice.representation;

import dev.sluice.job.JobId;

/** Where the resources of a job are served. Immutable. */
public final class JobLinks {

    private final String prefix;
    private final String jobsPath;

    /**
     * Creates the links of the gateway itself.
     *
     * @param jobsPath where jobs are served, such as {@code /jobs}: visible ASCII without quotes and backslashes
     */
    public JobLinks(String jobsPath) {
        this("", jobsPath);
    }

    private JobLinks(String prefix, String jobsPath) {
        this.prefix = prefix;
        this.jobsPath = jobsPath;
    }

    /** The links as seen from behind a proxy that removes a path prefix; empty for none. */
    public JobLinks behind(String before) {
        return before.equals(prefix) ? this : new JobLinks(before, jobsPath);
    }

    /** The path of the job itself, its status monitor. */
    public String self(JobId job) {
        return prefix + jobsPath + "/" + job;
    }

    String result(JobId job) {
        return self(job) + "/result";
    }

    String operation(JobId job) {
        return self(job) + "/operation";
    }

    String prefix() {
        return prefix;
    }

    String jobsPath() {
        return jobsPath;
    }
}
