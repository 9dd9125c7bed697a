package dev.sluice.job;

/** A move that the job's state does not allow, such as finishing a job twice. The job is unchanged. */
public final class IllegalTransitionException extends RuntimeException {

    private final transient Job job;

    public IllegalTransitionException(Job job, String move) {
        super("job " + job.id() + " is " + job.state().text() + ": " + move + " is not possible");
        this.job = job;
    }

    /** The job as it stands. */
    public Job job() {
        return job;
    }
}
