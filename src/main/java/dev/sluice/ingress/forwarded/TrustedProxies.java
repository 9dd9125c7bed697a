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
 * The proxies whose {@code Forwarded} and {@code X-Forwarded-*} fields are trusted. Anybody can send these fields; only what a
 * trusted proxy appended counts, and what was appended before that by a trusted proxy which it names.
 *
 * <p>Spring's {@code ForwardedHeaderTransformer} and Reactor Netty's {@code forwarded} handler trust every peer and take the
 * first address of the list, which is the client's own claim.
 */
public final class TrustedProxies {

    private static final String KEY = "sluice.ingress.trusted-proxies";

    private static final int LONGEST_HOST = 261; // a name of 255 with its port
    private static final int LONGEST_PREFIX = 200;
    private static final int LONGEST_IDENTIFIER = 64;

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
     * Returns the origin of a request.
     *
     * @param peer the peer of the connection; null if it has no IP address
     * @param scheme the scheme of the connection
     * @param host the host that was requested
     */
    public ClientOrigin origin(@Nullable InetAddress peer, String scheme, String host, HttpHeaders request) {
        if (peer == null) {
            return new ClientOrigin("", scheme, host, "", false);
        }
        InetAddress address = IpAddresses.unmapped(peer);
        boolean trusted = trusts(address);
        ClientOrigin seen = new ClientOrigin(IpAddresses.text(address), scheme, host, "", trusted);
        return trusted ? followed(seen, request) : seen;
    }

    /** Follows the chain from the nearest proxy on for as long as the proxies are trusted: the last one saw the client. */
    private ClientOrigin followed(ClientOrigin seen, HttpHeaders request) {
        ForwardedChain chain = ForwardedChain.of(request);
        ForwardedChain.Backwards prefixes = new ForwardedChain.Backwards(request.getAll(ForwardedChain.X_PREFIX));
        String client = seen.client();
        String scheme = seen.scheme();
        String host = seen.host();
        String prefix = seen.prefix();
        boolean further = true;
        while (further && chain.next()) {
            scheme = scheme(chain.proto(), scheme);
            host = host(chain.host(), host);
            prefix = prefix(prefixes.next(), prefix);
            String node = chain.node();
            InetAddress address = node == null ? null : IpAddresses.ofNode(node);
            if (address != null) {
                client = IpAddresses.text(address);
            } else if (node != null && isObfuscated(node)) {
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

    /** The recorded scheme if it is http or https. */
    static String scheme(@Nullable String recorded, String otherwise) {
        String lower = recorded == null ? "" : recorded.toLowerCase(Locale.ROOT);
        return lower.equals("http") || lower.equals("https") ? lower : otherwise;
    }

    /** The recorded host if it is well-formed. */
    static String host(@Nullable String recorded, String otherwise) {
        return recorded == null || recorded.isEmpty() || recorded.length() > LONGEST_HOST || !Hosts.isPlain(recorded)
                ? otherwise
                : recorded;
    }

    private static String prefix(@Nullable String recorded, String otherwise) {
        if (recorded == null || recorded.length() > LONGEST_PREFIX) {
            return otherwise;
        }
        String path = recorded.endsWith("/") ? recorded.substring(0, recorded.length() - 1) : recorded;
        return PlainPath.is(path) ? path : otherwise;
    }

    /** Whether a node is an obfuscated identifier (RFC 7239, 6.3), which stands for one address. */
    static boolean isObfuscated(String node) {
        return node.startsWith("_") && node.length() <= LONGEST_IDENTIFIER && Tokens.isToken(node);
    }
}
