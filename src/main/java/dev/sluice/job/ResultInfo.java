package dev.sluice.job;

import org.jspecify.annotations.Nullable;

/**
 * What a job says of its stored result.
 *
 * @param status the backend's status code
 * @param contentType its media type, if it named one
 * @param size bytes of the body
 */
public record ResultInfo(int status, @Nullable String contentType, long size) {}
