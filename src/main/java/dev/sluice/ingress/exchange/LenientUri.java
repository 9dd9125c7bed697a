package dev.sluice.ingress.exchange;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.HexFormat;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Creates a {@link URI} of any request target. Characters that a URI cannot contain, such as <code>|</code>, <code>[</code>,
 * <code>{</code> and a <code>%</code> that begins no escape, are percent-encoded. The URI is for filters; routes match, and
 * backends receive, the target as it was sent.
 *
 * <p>Spring's {@code UriComponentsBuilder} either encodes escapes again ({@code %41} becomes {@code %2541}) or, with
 * {@code build(true)}, refuses all other characters; its WHATWG parser resolves dot segments and keeps <code>|</code>, which
 * {@code URI} refuses.
 */
public final class LenientUri {

    private static final Pattern AUTHORITY = Pattern.compile("[^/][^:]*+://([^/?#]*+)(.*+)", Pattern.DOTALL);
    private static final Pattern ILLEGAL = Pattern.compile("%(?![0-9A-Fa-f]{2})|[^%A-Za-z0-9._~:/?@!$&'()*+,;=-]");
    private static final Pattern ILLEGAL_IN_HOST = Pattern.compile("%(?![0-9A-Fa-f]{2})|[^%A-Za-z0-9._~-]");
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private LenientUri() {}

    /**
     * Returns the URI; never fails.
     *
     * @param host the value of {@code Host}
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
