package dev.sluice.representation;

import dev.sluice.http.HeaderNames;
import dev.sluice.http.HeaderValues;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A response as a representation says it, complete but for what depends on the request. {@code Content-Length} follows from
 * the body and is not among the fields.
 */
public final class RenderedResponse {

    private static final byte[] NONE = {};

    private final int status;
    private final List<CharSequence> fields = new ArrayList<>(10);
    private @Nullable CharSequence contentType;
    private byte[] body = NONE;

    RenderedResponse(int status) {
        this.status = status;
    }

    RenderedResponse with(CharSequence name, CharSequence value) {
        fields.add(name);
        fields.add(value);
        return this;
    }

    /** When to look again; nothing for a finished job. */
    RenderedResponse retryAfter(JobView job) {
        return job.retryAfter() > 0 ? with(HeaderNames.RETRY_AFTER, Long.toString(job.retryAfter())) : this;
    }

    RenderedResponse json(byte[] json) {
        return body(HeaderValues.JSON, json);
    }

    RenderedResponse body(CharSequence type, byte[] content) {
        contentType = type;
        body = content;
        return this;
    }

    public int status() {
        return status;
    }

    /** Names and values in turn, without {@code Content-Type}. */
    public List<CharSequence> fields() {
        return fields;
    }

    /** The media type of the body; null if there is none. */
    public @Nullable CharSequence contentType() {
        return contentType;
    }

    /** The body; empty if there is none. Must not be modified. */
    public byte[] body() {
        return body;
    }
}
