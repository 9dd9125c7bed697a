package dev.sluice.ingress.exchange;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.HexFormat;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a {@link URI} of any request target. What a URI cannot have as it is, above all <code>|</code>, <code>[</code>,
 * <code>{</code> and a <code>%</code> that begins no escape, is escaped, so that whoever asks for the URI gets one that
 * means what was sent. Nothing else of the gateway reads it: routes match, and backends get, the target as it was sent.
 *
 * <p>Spring's {@code UriComponentsBuilder} either escapes again what is escaped ({@code %41} becomes {@code %2541}) or, told
 * that all is escaped, refuses the rest; its WHATWG parser resolves dot segments and leaves <code>|</code> as it is, which
 * {@code URI} refuses.
 */
public final class LenientUri {

    private static final Pattern AUTHORITY = Pattern.compile("[^/][^:]*+://([^/?#]*+)(.*+)", Pattern.DOTALL);
    private static final Pattern ILLEGAL = Pattern.compile("%(?![0-9A-Fa-f]{2})|[^%A-Za-z0-9._~:/?@!$&'()*+,;=-]");
    private static final Pattern ILLEGAL_IN_HOST = Pattern.compile("%(?![0-9A-Fa-f]{2})|[^%A-Za-z0-9._~-]");
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private LenientUri() {}

    /**
     * Never fails.
     *
     * @param host what {@code Host} says
     * @param target as it was sent, in origin or absolute form or malformed
     */
    static URI of(String scheme, String host, String target) {
        Matcher absolute = AUTHORITY.matcher(target);
        return absolute.matches() ? make(scheme, absolute.group(1), absolute.group(2)) : make(scheme, host, target);
    }

    private static URI make(String scheme, String host, String target) {
        String rest = escape(target.startsWith("/") ? target : "/" + target, ILLEGAL);
        try {
            return new URI(scheme + "://" + (host.isEmpty() ? "localhost" : host) + rest);
        } catch (URISyntaxException strangeHost) {
            return URI.create(scheme + "://" + escape(host, ILLEGAL_IN_HOST) + rest);
        }
    }

    private static String escape(String text, Pattern illegal) {
        return illegal.matcher(text).replaceAll(LenientUri::escape);
    }

    /** Netty decodes each byte of a target as one character. */
    private static String escape(MatchResult illegal) {
        return "%" + HEX.toHexDigits((byte) illegal.group().charAt(0));
    }
}
