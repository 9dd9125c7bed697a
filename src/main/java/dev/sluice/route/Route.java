package dev.sluice.route;

import org.springframework.util.unit.DataSize;

/**
 * Which requests are taken, on which terms, and how the service behind is called for them.
 *
 * @param id its name in the configuration
 * @param match which requests it takes
 * @param admission on which terms it admits them
 * @param call how the service is called; its id is the route's
 */
public record Route(String id, MatchRule match, AdmissionPolicy admission, CallPolicy call) {

    /** The id of the gateway's own route, on which callbacks are delivered; no other route can have it. */
    public static final String CALLBACKS = "callbacks";

    /** The size of a body that is streamed through and may be of any length. */
    public static final DataSize UNLIMITED = DataSize.ofBytes(Long.MAX_VALUE);

    /** Whether its jobs are made by the gateway, so that it takes no requests and has nothing to show to clients. */
    public boolean isInternal() {
        return id.equals(CALLBACKS);
    }
}
