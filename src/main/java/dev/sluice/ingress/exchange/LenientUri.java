package dev.sluice.ingress.exchange;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * Makes a {@link URI} of any request target. What a URI cannot have as it is, above all <code>|</code>, <code>[</code>,
 * <code>{</code> and a <code>%</code> that begins no escape, is escaped, so that whoever asks for the URI gets one that
 * means what was sent. Nothing else of the gateway reads it: routes match, and backends get, the target as it was sent.
 */
public final class LenientUri {

    private static final String LEGAL = "-._~:/?@!$&'()*+,;=";
    private static final String HEX = "0123456789ABCDEF";

    private LenientUri() {}

    /**
     * Never fails.
     *
     * @param host what {@code Host} says
     * @param target as it was sent, in origin or absolute form or malformed
     */
    static URI of(String scheme, String host, String target) {
        int authority = target.startsWith("/") ? -1 : target.indexOf("://");
        if (authority >= 0) {
            int end = end(target, authority + 3);
            return make(scheme, target.substring(authority + 3, end), target.substring(end));
        }
        return make(scheme, host, target);
    }

    private static int end(String target, int from) {
        for (int i = from; i < target.length(); i++) {
            if ("/?#".indexOf(target.charAt(i)) >= 0) {
                return i;
            }
        }
        return target.length();
    }

    private static URI make(String scheme, String host, String target) {
        String rest = escape(target.startsWith("/") ? target : "/" + target, LEGAL);
        try {
            return new URI(scheme + "://" + (host.isEmpty() ? "localhost" : host) + rest);
        } catch (URISyntaxException strangeHost) {
            return URI.create(scheme + "://" + escape(host, "-._~") + rest);
        }
    }

    private static String escape(String text, String legal) {
        StringBuilder escaped = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean fine = isAlphanumeric(c) || legal.indexOf(c) >= 0 || (c == '%' && isEscape(text, i));
            if (!fine && escaped == null) {
                escaped = new StringBuilder(text.length() + 8).append(text, 0, i);
            }
            if (escaped != null) {
                append(escaped, c, fine);
            }
        }
        return escaped == null ? text : escaped.toString();
    }

    /** Netty decodes each byte of a target as one character. */
    private static void append(StringBuilder escaped, char c, boolean fine) {
        if (fine) {
            escaped.append(c);
        } else {
            escaped.append('%').append(HEX.charAt((c >> 4) & 0xf)).append(HEX.charAt(c & 0xf));
        }
    }

    private static boolean isEscape(String text, int at) {
        return at + 2 < text.length() && isHex(text.charAt(at + 1)) && isHex(text.charAt(at + 2));
    }

    private static boolean isHex(char c) {
        return Character.digit(c, 16) >= 0 && c < 0x80;
    }

    private static boolean isAlphanumeric(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
}
