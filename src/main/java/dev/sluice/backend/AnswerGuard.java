package dev.sluice.backend;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;

/**
 * Sits between the codec of one connection and the client. Interim answers (RFC 9110, 15.2) are dropped, which the client
 * itself does for 100 only. An answer that nobody asked for closes the connection, so that it cannot be taken for the
 * answer to the next job's request.
 */
// The result of a write goes to its promise, and that of a close is the closed channel.
@SuppressWarnings("FutureReturnValueIgnored")
final class AnswerGuard extends ChannelDuplexHandler {

    private boolean awaiting;
    private boolean interim;

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpRequest) {
            awaiting = true;
        }
        context.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpResponse head && head.decoderResult().isSuccess()) {
            if (!awaiting) {
                ReferenceCountUtil.release(message);
                context.close();
                return;
            }
            interim = head.status().codeClass() == HttpStatusClass.INFORMATIONAL
                    && head.status().code() != 101; // a switch of protocols is final, and an error: none was asked for
        }
        if (interim) {
            interim = !(message instanceof LastHttpContent);
            ReferenceCountUtil.release(message);
            context.read(); // reading is manual here: nobody else would ask for the rest
            return;
        }
        if (message instanceof LastHttpContent) {
            awaiting = false;
        }
        context.fireChannelRead(message);
    }
}
