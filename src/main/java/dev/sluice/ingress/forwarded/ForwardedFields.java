package dev.sluice.ingress.forwarded;

import dev.sluice.ingress.header.Tokens;
import dev.sluice.job.Headers.Header;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the same hops in {@code Forwarded} and in {@code X-Forwarded-*} (RFC 7239, 7.4). Proxies usually write one of the
 * two forms; a backend that prefers the other would see the last hop only, and build links to a host that clients cannot
 * reach. The scheme and host of the client are written in the first element, where most backends look for them, and once in
 * {@code X-Forwarded-*}: as the gateway trusts them, because what stands further left may be the client's own claim.
 */
final class ForwardedFields {

    private static final List<AsciiString> WRITTEN =
            List.of(ForwardedChain.FORWARDED, ForwardedChain.X_FOR, ForwardedChain.X_PROTO, ForwardedChain.X_HOST);

    /** What one proxy recorded, as far as it is well-formed. */
    private record Hop(
            @Nullable String node,
            @Nullable String proto,
            @Nullable String host) {

        /** Whether it records nothing that differs. */
        boolean agreesWith(@Nullable String proto, @Nullable String host) {
            return (this.proto == null || this.proto.equals(proto)) && (this.host == null || this.host.equals(host));
        }
    }

    private ForwardedFields() {}

    /** Whether the field is written by {@link #write} and so not copied. */
    static boolean isWritten(String name) {
        for (AsciiString field : WRITTEN) {
            if (field.contentEqualsIgnoreCase(name)) {
                return true;
            }
        }
        return false;
    }

    /** Adds both forms of what trusted proxies recorded; where both were received, {@code Forwarded} takes precedence. */
    static void write(HttpHeaders received, ClientOrigin client, List<Header> out) {
        boolean standard = received.contains(ForwardedChain.FORWARDED);
        List<Hop> hops = hops(ForwardedChain.of(received), standard);
        if (hops.isEmpty()) {
            return;
        }
        String proto = hops.stream().anyMatch(hop -> hop.proto() != null) ? client.scheme() : null;
        String host = hops.stream().anyMatch(hop -> hop.host() != null) ? client.host() : null;
        if (standard) {
            if (hops.get(0).agreesWith(proto, host)) {
                copy(received, ForwardedChain.FORWARDED, out);
            } else {
                out.add(new Header(ForwardedChain.FORWARDED.toString(), elements(hops, proto, host)));
            }
            out.add(new Header(ForwardedChain.X_FOR.toString(), nodes(hops)));
        } else if (hops.get(0).node() != null) {
            out.add(new Header(ForwardedChain.FORWARDED.toString(), elements(hops, proto, host)));
            copy(received, ForwardedChain.X_FOR, out);
        }
        addIfAny(out, ForwardedChain.X_PROTO, proto);
        addIfAny(out, ForwardedChain.X_HOST, host);
    }

    /** The hops from the client on. Without any node there is one hop, that of the proxy itself. */
    private static List<Hop> hops(ForwardedChain chain, boolean standard) {
        List<Hop> hops = new ArrayList<>();
        while (chain.next()) {
            if (!standard && chain.node() == null && !hops.isEmpty()) {
                break;
            }
            Hop hop = new Hop(node(chain.node()), scheme(chain.proto()), host(chain.host()));
            if (!standard && hop.equals(new Hop(null, null, null))) {
                break;
            }
            hops.add(hop);
        }
        Collections.reverse(hops);
        return hops;
    }

    /** A node identifier (RFC 7239, 6) without its port; {@code unknown} for a malformed one. */
    private static @Nullable String node(@Nullable String recorded) {
        if (recorded == null) {
            return null;
        }
        InetAddress address = IpAddresses.ofNode(recorded);
        if (address != null) {
            return IpAddresses.text(address);
        }
        return TrustedProxies.isObfuscated(recorded) ? recorded : "unknown";
    }

    private static @Nullable String scheme(@Nullable String recorded) {
        String scheme = TrustedProxies.scheme(recorded, "");
        return scheme.isEmpty() ? null : scheme;
    }

    private static @Nullable String host(@Nullable String recorded) {
        String host = TrustedProxies.host(recorded, "");
        return host.isEmpty() ? null : host;
    }

    private static String nodes(List<Hop> hops) {
        StringBuilder nodes = new StringBuilder();
        for (Hop hop : hops) {
            nodes.append(nodes.isEmpty() ? "" : ", ").append(hop.node() == null ? "unknown" : hop.node());
        }
        return nodes.toString();
    }

    private static String elements(List<Hop> hops, @Nullable String proto, @Nullable String host) {
        StringBuilder elements = new StringBuilder();
        for (int i = 0; i < hops.size(); i++) {
            Hop hop = hops.get(i);
            String node = hop.node() == null ? "unknown" : hop.node();
            elements.append(i == 0 ? "for=" : ", for=").append(quoted(node.indexOf(':') < 0 ? node : "[" + node + "]"));
            append(elements, ";proto=", i == 0 ? proto : hop.proto());
            append(elements, ";host=", i == 0 ? host : hop.host());
        }
        return elements.toString();
    }

    private static void append(StringBuilder elements, String name, @Nullable String value) {
        if (value != null) {
            elements.append(name).append(quoted(value));
        }
    }

    /** A token as it is, anything else quoted; well-formed values have neither quotes nor backslashes. */
    private static String quoted(String value) {
        return Tokens.isToken(value) ? value : '"' + value + '"';
    }

    private static void copy(HttpHeaders received, AsciiString name, List<Header> out) {
        for (String value : received.getAll(name)) {
            out.add(new Header(name.toString(), value));
        }
    }

    private static void addIfAny(List<Header> out, AsciiString name, @Nullable String value) {
        if (value != null) {
            out.add(new Header(name.toString(), value));
        }
    }
}
