package dev.sluice.ingress.forwarded;

import java.net.InetSocketAddress;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/**
 * Where a request comes from, as far as anybody knows who is believed.
 *
 * @param client the client's address, or the name that a trusted proxy keeps it secret under
 * @param scheme {@code http} or {@code https}, as the client spoke it
 * @param host host and port as the client asked for them
 * @param prefix what proxies took off the path before they passed it on, such as {@code /api}; "" if nothing
 * @param trusted whether the one who sent the request here is a trusted proxy
 */
public record ClientOrigin(String client, String scheme, String host, String prefix, boolean trusted) {

    /** Finds the origin of an exchange; a filter puts one into the attributes of each, so that only who asks pays for it. */
    @FunctionalInterface
    public interface Source {

        /** The name of the attribute. */
        String ATTRIBUTE = ClientOrigin.class.getName();

        ClientOrigin of(ServerWebExchange exchange);
    }

    /** Where the request of an exchange comes from, for filters too. On the management listener no proxy is trusted. */
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
