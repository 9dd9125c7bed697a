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
 * Tells a backend the same in {@code Forwarded} and in {@code X-Forwarded-*} (RFC 7239, 7.4). Proxies usually write one of the
 * two forms; a backend that prefers the other one would read of the last hop only, and build links to a host that clients
 * cannot reach. The client's scheme and host are said in the first element, where most look for them, and once in the usual
 * fields: as they are believed here, because what stands further left may be the client's own words.
 */
public final class ForwardedFields {

    private static final List<AsciiString> TOLD =
            List.of(ForwardedChain.FORWARDED, ForwardedChain.X_FOR, ForwardedChain.X_PROTO, ForwardedChain.X_HOST);

    /** One proxy's part, as far as it is fit to be told. */
    private record Hop(
            @Nullable String node,
            @Nullable String proto,
            @Nullable String host) {

        /** Whether it says nothing else. */
        boolean says(@Nullable String proto, @Nullable String host) {
            return (this.proto == null || this.proto.equals(proto)) && (this.host == null || this.host.equals(host));
        }
    }

    private ForwardedFields() {}

    /** Whether the field is told by {@link #tell} instead. */
    static boolean isTold(String name) {
        for (AsciiString field : TOLD) {
            if (field.contentEqualsIgnoreCase(name)) {
                return true;
            }
        }
        return false;
    }

    /** Adds both forms of what the fields of a trusted proxy say; where both came the standard one counts. */
    static void tell(HttpHeaders received, ClientOrigin client, List<Header> out) {
        boolean standard = received.contains(ForwardedChain.FORWARDED);
        List<Hop> hops = hops(ForwardedChain.of(received), standard);
        if (hops.isEmpty()) {
            return;
        }
        String proto = hops.stream().anyMatch(hop -> hop.proto() != null) ? client.scheme() : null;
        String host = hops.stream().anyMatch(hop -> hop.host() != null) ? client.host() : null;
        if (standard) {
            if (hops.get(0).says(proto, host)) {
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

    /** From the client on. Without any node there is one hop, that of the proxy itself. */
    private static List<Hop> hops(ForwardedChain said, boolean standard) {
        List<Hop> hops = new ArrayList<>();
        while (said.next()) {
            if (!standard && said.node() == null && !hops.isEmpty()) {
                break;
            }
            Hop hop = new Hop(node(said.node()), scheme(said.proto()), host(said.host()));
            if (!standard && hop.equals(new Hop(null, null, null))) {
                break;
            }
            hops.add(hop);
        }
        Collections.reverse(hops);
        return hops;
    }

    /** As RFC 7239 has it, section 6, but without a port; what is none is not known. */
    private static @Nullable String node(@Nullable String said) {
        if (said == null) {
            return null;
        }
        InetAddress address = IpAddresses.ofNode(said);
        if (address != null) {
            return IpAddresses.text(address);
        }
        return TrustedProxies.isSecret(said) ? said : "unknown";
    }

    private static @Nullable String scheme(@Nullable String said) {
        String scheme = TrustedProxies.scheme(said, "");
        return scheme.isEmpty() ? null : scheme;
    }

    private static @Nullable String host(@Nullable String said) {
        String host = TrustedProxies.host(said, "");
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

    /** A token as it is, anything else in quotes; neither quotes nor backslashes are in what is told. */
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
