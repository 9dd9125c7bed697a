package dev.sluice.ingress;

/** Where requests come from in tests. */
final class Origins {

    static final ClientOrigin STRANGER = new ClientOrigin("192.0.2.7", "http", "gateway", "", false);
    static final ClientOrigin PROXY = new ClientOrigin("192.0.2.8", "http", "gateway", "", true);

    private Origins() {}
}
