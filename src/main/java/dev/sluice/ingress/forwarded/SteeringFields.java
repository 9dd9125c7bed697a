package dev.sluice.ingress.forwarded;

import java.util.Locale;
import java.util.Set;

/**
 * Fields with which an untrusted client could influence a backend behind a proxy: they state another client address, method,
 * URL or scheme than the request has, and backends and their frameworks trust them because proxies set them. Underscores and
 * hyphens are equal, as they are where a backend makes variables of fields, as CGI does.
 */
final class SteeringFields {

    private static final String FORWARDED = "x-forwarded";

    /** In lower case. {@code Proxy} becomes the variable that many HTTP clients take their proxy from (httpoxy). */
    private static final Set<String> NAMES = Set.of(
            // the proxy of the backend's own requests, and what answers say of proxies
            "proxy",
            "proxy-status",
            // another method than the request's, by which it was checked and may be repeated
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
            // the URL, the host or the scheme of the request
            "x-original-url",
            "x-original-uri",
            "x-original-host",
            "x-original-method",
            "x-original-forwarded-for",
            "x-rewrite-url",
            "x-rewrite-uri",
            "x-override-url",
            "x-http-destinationurl",
            "x-http-host-override",
            "x-waws-unencoded-url",
            "x-host",
            "x-scheme",
            "x-url-scheme",
            "front-end-https",
            "x-arr-ssl",
            // the address of the client
            "forwarded",
            "forwarded-for",
            "forwarded-for-ip",
            "x-forward-for",
            "x-real-ip",
            "true-client-ip",
            "x-true-client-ip",
            "client-ip",
            "x-client-ip",
            "x-cluster-client-ip",
            "x-remote-ip",
            "x-remote-addr",
            "x-originating-ip",
            "x-proxyuser-ip",
            "wl-proxy-client-ip",
            "cf-connecting-ip",
            "cf-connecting-ipv6",
            "do-connecting-ip",
            "fastly-client-ip",
            "fly-client-ip",
            "cdn-src-ip",
            "ali-cdn-real-ip",
            "x-appengine-user-ip",
            "x-azure-clientip",
            "x-azure-socketip",
            "x-envoy-external-address",
            "x-envoy-original-path",
            "x-nf-client-connection-ip",
            "x-vercel-forwarded-for",
            "cloudfront-viewer-address");

    private SteeringFields() {}

    /** Whether the field is such a field. */
    static boolean is(String name) {
        if (name.isEmpty() || name.regionMatches(true, 0, "Content-", 0, 8)) { // as most bodies have
            return false;
        }
        return switch (name.charAt(0) | 0x20) { // the first letter decides for most
            case 'a', 'c', 'd', 'f', 'p', 't', 'w', 'x' -> {
                String plain = name.toLowerCase(Locale.ROOT).replace('_', '-');
                yield plain.equals(FORWARDED) || plain.startsWith(FORWARDED + "-") || NAMES.contains(plain);
            }
            default -> false;
        };
    }
}
