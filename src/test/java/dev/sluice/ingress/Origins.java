package dev.sluice.ingress;

import dev.sluice.ingress.forwarded.ClientOrigin;

/** Where requests come from in tests. */
public final class Origins {

    public static final ClientOrigin STRANGER = new ClientOrigin("192.0.2.7", "http", "gateway", "", false);
    public static final ClientOrigin PROXY = new ClientOrigin("192.0.2.8", "http", "gateway", "", true);

    private Origins() {}
}
