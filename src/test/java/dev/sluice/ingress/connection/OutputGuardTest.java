package dev.sluice.ingress.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Frames;
import dev.sluice.ingress.Transport;
import dev.sluice.waiting.WaitingBytes;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** On real sockets: what the operating system takes is not waited for. */
class OutputGuardTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
    private final WaitingBytes waiting = new WaitingBytes(16 * 1024 * 1024, System::nanoTime, Runnable::run);

    @AfterEach
    void stop() {
        loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** A server that answers each byte with so many. */
    private int listen(Duration longest, int answer) {
        return listen(longest, true, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ByteBuf bytes = (ByteBuf) message;
                for (int i = bytes.readableBytes(); i > 0; i--) {
                    context.writeAndFlush(Unpooled.wrappedBuffer(new byte[answer]));
                }
                bytes.release();
            }

            @Override
            public boolean isSharable() {
                return true;
            }
        });
    }

    /** A server that answers each request over HTTP/2 with a head of so many bytes, which needs no window. */
    private int listenToHttp2(int answer) {
        return listen(LIMIT, false, new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(Http2FrameCodecBuilder.forServer().build())
                        .addLast(new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext context, Object message) {
                                if (message instanceof Http2HeadersFrame head) {
                                    Http2Headers fields = new DefaultHttp2Headers()
                                            .status("200")
                                            .set("x-a", "a".repeat(answer));
                                    context.writeAndFlush(
                                            new DefaultHttp2HeadersFrame(fields, true).stream(head.stream()));
                                }
                                ReferenceCountUtil.release(message);
                            }
                        });
                channel.read(); // from there on it is up to the codec
            }
        });
    }

    private int listen(Duration longest, boolean autoRead, ChannelHandler handler) {
        Channel server = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.SO_SNDBUF, 32 * 1024)
                .childOption(ChannelOption.AUTO_READ, autoRead)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new OutputGuard(waiting, longest, Duration.ofMillis(20)))
                                .addLast(handler);
                        accepted.add(channel);
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return socket;
    }

    private Channel accepted() throws InterruptedException {
        return accepted.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void aClientThatTakesNothingIsCut() throws Exception {
        try (Socket socket = connect(listen(Duration.ofMillis(200), 1_000_000))) {
            socket.getOutputStream().write(1);
            Channel channel = accepted();
            Awaitility.await().atMost(LIMIT).until(() -> waiting.held() > 0);
            assertThat(channel.closeFuture().await(LIMIT.toMillis())).isTrue();
            Awaitility.await().atMost(LIMIT).until(() -> waiting.held() == 0);
        }
    }

    /** However slow it is: what it took of one piece counts. */
    @Test
    void aClientThatTakesAtLeastSomethingIsNot() throws Exception {
        try (Socket socket = connect(listen(Duration.ofSeconds(2), 300_000))) {
            socket.getOutputStream().write(1);
            InputStream in = socket.getInputStream();
            for (int i = 0; i < 20; i++) {
                assertThat(in.readNBytes(15_000)).hasSize(15_000);
            }
            Awaitility.await().atMost(LIMIT).until(() -> waiting.held() == 0);
            assertThat(accepted().isOpen()).isTrue();
        }
    }

    @Test
    void noMoreRequestsAreReadFromAClientThatTakesNoAnswers() throws Exception {
        try (Socket socket = connect(listen(LIMIT, 100_000))) {
            Channel channel = accepted();
            for (int i = 0; i < 6; i++) {
                socket.getOutputStream().write(1);
            }
            Awaitility.await().atMost(LIMIT).until(() -> !channel.config().isAutoRead());
            byte[] more = new byte[1];
            socket.getOutputStream().write(more);
            assertThat(waiting.held()).isLessThan(2_000_000);
            assertThat(socket.getInputStream().readNBytes(600_000)).hasSize(600_000);
            Awaitility.await().atMost(LIMIT).until(() -> channel.config().isAutoRead());
            assertThat(socket.getInputStream().readNBytes(100_000)).hasSize(100_000);
        }
    }

    /** Over HTTP/2 as well, where it is the codec that asks for more. */
    @Test
    void noMoreFramesAreReadFromAClientThatTakesNoAnswers() throws Exception {
        int requests = 300;
        try (Socket socket = connect(listenToHttp2(8_000))) {
            Frames client = new Frames(socket, Transport.PLAIN);
            ExecutorService sender = Executors.newSingleThreadExecutor();
            try {
                Future<?> sending = sender.submit(() -> {
                    for (int i = 0; i < requests; i++) { // each fills what is read at once by its own
                        client.head(2 * i + 1, true, "HEAD /", "x-a", "a".repeat(7_000));
                    }
                    return null;
                });
                Awaitility.await().atMost(LIMIT).until(() -> waiting.held() > OutputGuard.PAUSING);
                DataInputStream in = new DataInputStream(socket.getInputStream());
                for (int stream = 0; stream < 2 * requests - 1; ) { // without an answer to settings, which had to wait
                    assertThat(waiting.held()).isLessThan(2 * OutputGuard.PAUSING);
                    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                    in.readUnsignedShort();
                    stream = Math.max(stream, in.readInt());
                    in.readFully(new byte[length]);
                }
                sending.get();
            } finally {
                sender.shutdownNow();
            }
            Awaitility.await().atMost(LIMIT).until(() -> waiting.held() == 0);
        }
    }

    @Test
    void whenTooMuchWaitsForAllThoseAreCutThatTakeNothing() throws Exception {
        int port = listen(LIMIT, 1_000_000);
        Socket[] sockets = new Socket[40];
        try {
            for (int i = 0; i < sockets.length; i++) {
                sockets[i] = connect(port);
                sockets[i].getOutputStream().write(1);
            }
            Awaitility.await().atMost(LIMIT).until(() -> accepted.size() == sockets.length);
            Awaitility.await().atMost(LIMIT).until(() -> waiting.evicted() >= 24 && waiting.held() < 16 * 1024 * 1024);
            assertThat(waiting.evicted()).isLessThan(40);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
