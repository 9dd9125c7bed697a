package dev.sluice.ingress.forwarded;

/**
 * Where a request comes from, as far as anybody knows who is believed.
 *
 * @param client the client's address, or the name that a trusted proxy keeps it secret under
 * @param scheme {@code http} or {@code https}, as the client spoke it
 * @param host host and port as the client asked for them
 * @param prefix what proxies took off the path before they passed it on, such as {@code /api}; "" if nothing
 * @param trusted whether the one who sent the request here is a trusted proxy
 */
public record ClientOrigin(String client, String scheme, String host, String prefix, boolean trusted) {}
