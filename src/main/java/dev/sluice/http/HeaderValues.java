package dev.sluice.http;

import io.netty.util.AsciiString;

/** Values of header fields that are sent often. */
public final class HeaderValues {

    public static final AsciiString JSON = AsciiString.cached("application/json");
    public static final AsciiString NO_CACHE = AsciiString.cached("no-cache");
    public static final AsciiString NO_STORE = AsciiString.cached("no-store");
    public static final AsciiString PROBLEM_JSON = AsciiString.cached("application/problem+json");

    private HeaderValues() {}
}
