package dev.sluice.ingress.forwarded;

import dev.sluice.ingress.header.Hosts;
import dev.sluice.ingress.header.PlainPath;
import dev.sluice.ingress.header.Tokens;
import dev.sluice.route.ConfigurationException;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whom the gateway believes what it says of others. Anybody can send {@code Forwarded} and {@code X-Forwarded-*}; only what
 * a trusted proxy added counts, and what one that it names and that is trusted too added before.
 */
public final class TrustedProxies {

    private static final String KEY = "sluice.ingress.trusted-proxies";

    private static final int LONGEST_HOST = 261; // a name of 255 with its port
    private static final int LONGEST_PREFIX = 200;
    private static final int LONGEST_SECRET = 64;

    private final List<IpRange> networks;

    private TrustedProxies(List<IpRange> networks) {
        this.networks = List.copyOf(networks);
    }

    /**
     * Checks the setting.
     *
     * @throws ConfigurationException naming the entry that is no address
     */
    public static TrustedProxies of(List<String> addresses) {
        List<IpRange> networks = new ArrayList<>(addresses.size());
        for (String text : addresses) {
            IpRange network = IpRange.parse(text);
            if (network == null) {
                throw new ConfigurationException(
                        KEY, text, "IP addresses or ranges of them, such as 10.0.0.0/8, 192.0.2.1 or fd00::/8");
            }
            networks.add(network);
        }
        return new TrustedProxies(networks);
    }

    /**
     * Where a request comes from.
     *
     * @param peer who sent it here; null if that is no IP address
     * @param scheme as it came in here
     * @param host as it came in here
     */
    public ClientOrigin origin(@Nullable InetAddress peer, String scheme, String host, HttpHeaders request) {
        if (peer == null) {
            return new ClientOrigin("", scheme, host, "", false);
        }
        InetAddress address = IpAddresses.unmapped(peer);
        boolean trusted = trusts(address);
        ClientOrigin seen = new ClientOrigin(IpAddresses.text(address), scheme, host, "", trusted);
        return trusted ? believed(seen, request) : seen;
    }

    /** Goes from proxy to proxy, away from here, as long as they are trusted: the last one met the client. */
    private ClientOrigin believed(ClientOrigin seen, HttpHeaders request) {
        ForwardedChain hops = ForwardedChain.of(request);
        ForwardedChain.Backwards prefixes = new ForwardedChain.Backwards(request.getAll(ForwardedChain.X_PREFIX));
        String client = seen.client();
        String scheme = seen.scheme();
        String host = seen.host();
        String prefix = seen.prefix();
        boolean further = true;
        while (further && hops.next()) {
            scheme = scheme(hops.proto(), scheme);
            host = host(hops.host(), host);
            prefix = prefix(prefixes.next(), prefix);
            String node = hops.node();
            InetAddress address = node == null ? null : IpAddresses.ofNode(node);
            if (address != null) {
                client = IpAddresses.text(address);
            } else if (node != null && isSecret(node)) {
                client = node;
            }
            further = address != null && trusts(address);
        }
        return new ClientOrigin(client, scheme, host, prefix, true);
    }

    private boolean trusts(InetAddress address) {
        for (IpRange network : networks) {
            if (network.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** The scheme that was said, if it is one that clients speak. */
    static String scheme(@Nullable String said, String otherwise) {
        String lower = said == null ? "" : said.toLowerCase(Locale.ROOT);
        return lower.equals("http") || lower.equals("https") ? lower : otherwise;
    }

    /** The host that was said, if it can be one. */
    static String host(@Nullable String said, String otherwise) {
        return said == null || said.isEmpty() || said.length() > LONGEST_HOST || !Hosts.isPlain(said)
                ? otherwise
                : said;
    }

    private static String prefix(@Nullable String said, String otherwise) {
        if (said == null || said.length() > LONGEST_PREFIX) {
            return otherwise;
        }
        String path = said.endsWith("/") ? said.substring(0, said.length() - 1) : said;
        return PlainPath.is(path) ? path : otherwise;
    }

    /** A name for somebody whose address is kept secret (RFC 7239, 6.3): what it stands for stays the same. */
    static boolean isSecret(String node) {
        return node.startsWith("_") && node.length() <= LONGEST_SECRET && Tokens.isToken(node);
    }
}
