package dev.sluice.journal;

import dev.sluice.job.Job;
import java.util.List;

/**
 * Some jobs of a group, in the order in which they were accepted.
 *
 * @param jobs the jobs; may be none although more follow
 * @param next where the next page begins; 0 if there is none
 */
public record MemberPage(List<Job> jobs, long next) {}
