package dev.sluice.http;

import io.netty.util.AsciiString;

/** Names of header fields, spelled as the RFCs spell them; HTTP/2 makes lower case of them by itself. */
public final class HeaderNames {

    public static final AsciiString ALLOW = AsciiString.cached("Allow");
    public static final AsciiString ACCEPT = AsciiString.cached("Accept");
    public static final AsciiString CACHE_CONTROL = AsciiString.cached("Cache-Control");
    public static final AsciiString ACCEPT_RANGES = AsciiString.cached("Accept-Ranges");
    public static final AsciiString CONTENT_LENGTH = AsciiString.cached("Content-Length");
    public static final AsciiString CONTENT_RANGE = AsciiString.cached("Content-Range");
    public static final AsciiString CONTENT_TYPE = AsciiString.cached("Content-Type");
    public static final AsciiString DATE = AsciiString.cached("Date");
    public static final AsciiString ETAG = AsciiString.cached("ETag");
    public static final AsciiString IDEMPOTENCY_REPLAYED = AsciiString.cached("Idempotency-Replayed");
    public static final AsciiString LINK = AsciiString.cached("Link");
    public static final AsciiString LOCATION = AsciiString.cached("Location");
    public static final AsciiString OPERATION_LOCATION = AsciiString.cached("Operation-Location");
    public static final AsciiString RATE_LIMIT = AsciiString.cached("RateLimit");
    public static final AsciiString RATE_LIMIT_POLICY = AsciiString.cached("RateLimit-Policy");
    public static final AsciiString RETRY_AFTER = AsciiString.cached("Retry-After");
    public static final AsciiString VARY = AsciiString.cached("Vary");

    private HeaderNames() {}
}
