package dev.sluice.ingress.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Refuses heads with lines that go on in the next one (RFC 9112, 5.2), because not everybody on the way would read them as one
 * line. Netty's decoder, which comes next, does, so the space that such a line begins with is made a character that it
 * refuses, and answers as it does all heads that cannot be read.
 *
 * <p>Bytes without such a line, as nearly all are, pass as they came. With one that looks like it, which in a body is nothing
 * special, they are handed on up to each empty line, which may be the end of a head or of a body: what comes next is known
 * when the decoder has seen that.
 */
public final class FoldedLines extends ChannelInboundHandlerAdapter {

    static final String NAME = "sluice.foldedLines";

    private final ConnectionGuard guard;
    private boolean lineBegins;

    FoldedLines(ConnectionGuard guard) {
        this.guard = guard;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes) || !bytes.isReadable()) {
            context.fireChannelRead(message);
            return;
        }
        guard.bytesCame();
        if (folded(bytes, bytes.readerIndex(), bytes.writerIndex()) >= 0) {
            pieceByPiece(context, bytes);
        } else {
            lineBegins = bytes.getByte(bytes.writerIndex() - 1) == '\n';
            context.fireChannelRead(bytes);
        }
    }

    private void pieceByPiece(ChannelHandlerContext context, ByteBuf bytes) {
        try {
            while (bytes.isReadable()) {
                int from = bytes.readerIndex();
                int to = guard.inHead() ? afterEmptyLine(bytes) : afterBody(bytes);
                if (guard.inHead()) {
                    spoil(bytes, from, to);
                }
                lineBegins = bytes.getByte(to - 1) == '\n';
                context.fireChannelRead(bytes.readRetainedSlice(to - from));
            }
        } finally {
            bytes.release();
        }
    }

    /** No further than a body of this kind can reach. */
    private int afterBody(ByteBuf bytes) {
        long left = guard.bodyLeft();
        return left < 0 ? afterEmptyLine(bytes) : (int) Math.min(bytes.writerIndex(), bytes.readerIndex() + left);
    }

    private int afterEmptyLine(ByteBuf bytes) {
        int end = bytes.writerIndex();
        int at = lineBegins ? bytes.readerIndex() : afterLine(bytes, bytes.readerIndex());
        while (at < end) {
            int next = afterLine(bytes, at);
            int length = next - at;
            if (bytes.getByte(next - 1) == '\n' && (length == 1 || (length == 2 && bytes.getByte(at) == '\r'))) {
                return next;
            }
            at = next;
        }
        return end;
    }

    private static int afterLine(ByteBuf bytes, int from) {
        int feed = bytes.indexOf(from, bytes.writerIndex(), (byte) '\n');
        return feed < 0 ? bytes.writerIndex() : feed + 1;
    }

    private void spoil(ByteBuf bytes, int from, int to) {
        int at = folded(bytes, from, to);
        if (at >= 0) {
            bytes.setByte(at, 0);
        }
    }

    /** Where the first line that begins with a space does so; -1 if there is none. */
    private int folded(ByteBuf bytes, int from, int to) {
        int at = lineBegins ? from : afterLine(bytes, from);
        while (at < to) {
            byte first = bytes.getByte(at);
            if (first == ' ' || first == '\t') {
                return at;
            }
            at = afterLine(bytes, at);
        }
        return -1;
    }
}
