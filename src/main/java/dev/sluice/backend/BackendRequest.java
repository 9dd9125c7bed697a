package dev.sluice.backend;

import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import reactor.core.publisher.Flux;

/**
 * One attempt.
 *
 * @param job the job it is for
 * @param attempt its number, from 1
 * @param head what the client sent, but for the body
 * @param size bytes of the body
 * @param body the body, byte for byte
 */
public record BackendRequest(JobId job, int attempt, JobRequest head, long size, Flux<byte[]> body) {}
