package dev.sluice.ingress.header;

import io.netty.handler.codec.http.HttpHeaderValidationUtil;

/** Tokens (RFC 9110, 5.6.2). */
public final class Tokens {

    private Tokens() {}

    /** Whether the text is a token; unlike for Netty, nothing is none. */
    public static boolean isToken(String text) {
        return !text.isEmpty() && HttpHeaderValidationUtil.validateToken(text) < 0;
    }
}
