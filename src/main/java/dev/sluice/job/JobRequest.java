package dev.sluice.job;

/**
 * What the client sent, but for the body.
 *
 * @param method the method, as sent
 * @param target path and query as sent, never decoded
 * @param headers the end-to-end fields meant for the backend
 * @param origin where the request came from
 */
public record JobRequest(String method, String target, Headers headers, Origin origin) {

    /**
     * The connection the request came in on, for {@code Forwarded} (RFC 7239).
     *
     * @param client the client's address, without its port
     * @param scheme {@code http} or {@code https}
     * @param host the authority the client asked for
     */
    public record Origin(String client, String scheme, String host) {

        /** The gateway itself, which makes the request on its own behalf and forwards nothing. */
        public static final Origin GATEWAY = new Origin("", "", "");
    }
}
