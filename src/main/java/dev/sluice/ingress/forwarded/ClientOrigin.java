package dev.sluice.ingress.forwarded;

import java.net.InetSocketAddress;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/**
 * The origin of a request: what the client's side of it looks like, as far as trusted proxies have recorded it.
 *
 * @param client the client's address, or an obfuscated identifier of a trusted proxy for it
 * @param scheme {@code http} or {@code https}, as used by the client
 * @param host host and port as requested by the client
 * @param prefix the path prefix that proxies have removed, such as {@code /api}; "" for none
 * @param trusted whether the peer of the connection is a trusted proxy
 */
public record ClientOrigin(String client, String scheme, String host, String prefix, boolean trusted) {

    /** Determines the origin of an exchange on demand. An attribute of each exchange. */
    @FunctionalInterface
    public interface Source {

        /** The name of the attribute. */
        String ATTRIBUTE = ClientOrigin.class.getName();

        ClientOrigin of(ServerWebExchange exchange);
    }

    /** The origin of an exchange, also for filters. No proxy is trusted on the management listener. */
    public static ClientOrigin of(ServerWebExchange exchange) {
        Source source = exchange.getAttribute(Source.ATTRIBUTE);
        return source == null ? ofConnection(exchange.getRequest()) : source.of(exchange);
    }

    private static ClientOrigin ofConnection(ServerHttpRequest request) {
        InetSocketAddress peer = request.getRemoteAddress();
        String address = peer == null || peer.getAddress() == null
                ? ""
                : IpAddresses.text(IpAddresses.unmapped(peer.getAddress()));
        String host = request.getHeaders().getFirst(HttpHeaders.HOST);
        return new ClientOrigin(address, request.getURI().getScheme(), host == null ? "" : host, "", false);
    }
}
