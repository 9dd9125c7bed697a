package dev.sluice.ingress;

import io.netty.util.AsciiString;

/** Names and values of the fields that answers have, spelled as the RFCs spell them. */
final class Fields {

    static final AsciiString ALLOW = AsciiString.cached("Allow");
    static final AsciiString ACCEPT = AsciiString.cached("Accept");
    static final AsciiString CACHE_CONTROL = AsciiString.cached("Cache-Control");
    static final AsciiString ACCEPT_RANGES = AsciiString.cached("Accept-Ranges");
    static final AsciiString CONTENT_LENGTH = AsciiString.cached("Content-Length");
    static final AsciiString CONTENT_RANGE = AsciiString.cached("Content-Range");
    static final AsciiString CONTENT_TYPE = AsciiString.cached("Content-Type");
    static final AsciiString DATE = AsciiString.cached("Date");
    static final AsciiString ETAG = AsciiString.cached("ETag");
    static final AsciiString IDEMPOTENCY_REPLAYED = AsciiString.cached("Idempotency-Replayed");
    static final AsciiString LINK = AsciiString.cached("Link");
    static final AsciiString LOCATION = AsciiString.cached("Location");
    static final AsciiString OPERATION_LOCATION = AsciiString.cached("Operation-Location");
    static final AsciiString RATE_LIMIT = AsciiString.cached("RateLimit");
    static final AsciiString RATE_LIMIT_POLICY = AsciiString.cached("RateLimit-Policy");
    static final AsciiString RETRY_AFTER = AsciiString.cached("Retry-After");
    static final AsciiString VARY = AsciiString.cached("Vary");

    static final AsciiString JSON = AsciiString.cached("application/json");
    static final AsciiString NO_CACHE = AsciiString.cached("no-cache");
    static final AsciiString NO_STORE = AsciiString.cached("no-store");
    static final AsciiString PROBLEM_JSON = AsciiString.cached("application/problem+json");

    private Fields() {}
}
