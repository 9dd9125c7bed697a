package dev.sluice.ingress.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;

/** Stands where the requests of a channel come in, an HTTP/1.1 connection or an HTTP/2 stream, and sees where each ends. */
public interface RequestGuard extends ChannelHandler {

    /** Its name in the pipeline. */
    String NAME = "sluice.requestGuard";

    /** Whether all of the request that is being answered has come in; on the channel's event loop. */
    boolean hasWholeRequest();

    /** The same of the request that a channel is at. Without a guard nobody has seen its end. */
    static boolean hasWholeRequest(Channel channel) {
        return channel.pipeline().get(NAME) instanceof RequestGuard guard && guard.hasWholeRequest();
    }
}
