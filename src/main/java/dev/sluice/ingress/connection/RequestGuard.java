package dev.sluice.ingress.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;

/** Follows the requests of a channel, an HTTP/1.1 connection or an HTTP/2 stream, and knows whether the current one is complete. */
public interface RequestGuard extends ChannelHandler {

    /** Its name in the pipeline. */
    String NAME = "sluice.requestGuard";

    /** Whether the request that is being answered has arrived completely. To be called on the channel's event loop. */
    boolean hasWholeRequest();

    /** Whether the current request of a channel has arrived completely; false for a channel without a guard. */
    static boolean hasWholeRequest(Channel channel) {
        return channel.pipeline().get(NAME) instanceof RequestGuard guard && guard.hasWholeRequest();
    }
}
