package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.resolver.AbstractAddressResolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublicAddressesTest {

    private final Deque<List<String>> answers = new ArrayDeque<>();
    private final PublicAddresses group = new PublicAddresses(new Scripted());
    private final AddressResolver<InetSocketAddress> resolver = group.getResolver(ImmediateEventExecutor.INSTANCE);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "10.255.255.255",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.255",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.1",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.0.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::7f00:1",
                "::ffff:0:7f00:1",
                "64:ff9b::7f00:1",
                "64:ff9b::808:808",
                "64:ff9b:1::a00:1",
                "100::1",
                "2001::1",
                "2001:2::1",
                "2001:10::1",
                "2001:20::1",
                "2001:db8::1",
                "2002:7f00:1::",
                "2002:a00:1::1",
                "3fff::1",
                "5f00::1",
                "fc00::1",
                "fd12:3456::1",
                "fe80::1",
                "febf::1",
                "fec0::1",
                "ff02::1",
                "4000::1",
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1"
            })
    void whatIsNotPublicIsRefused(String address) throws Exception {
        assertThat(PublicInternet.includes(address(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "8.8.8.8",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.1",
                "169.253.255.255",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.1",
                "192.167.255.255",
                "192.169.0.0",
                "198.17.255.255",
                "198.20.0.0",
                "223.255.255.255",
                "2001:200::1",
                "2001:4860:4860::8888",
                "2606:4700::1111",
                "2a00:1450::1",
                "2003::1",
                "2000::1"
            })
    void whatIsPublicIsConnectedTo(String address) throws Exception {
        assertThat(PublicInternet.includes(address(address))).isTrue();
    }

    @Test
    void ofSeveralAddressesOnlyThePublicOnesAreLeft() throws Exception {
        answers.add(List.of("127.0.0.1", "8.8.8.8", "10.0.0.1", "2606:4700::1111"));
        assertThat(resolver.resolveAll(host("mixed.example")).get())
                .extracting(found -> NetUtil.toAddressString(found.getAddress()))
                .containsExactly("8.8.8.8", "2606:4700::1111");
        answers.add(List.of("127.0.0.1", "8.8.8.8"));
        assertThat(resolver.resolve(host("mixed.example")).get().getAddress().getHostAddress())
                .isEqualTo("8.8.8.8");
    }

    /** A name that was public when somebody checked it is not connected to when it is no longer. */
    @Test
    void aNameThatChangesItsAddressIsCheckedEachTime() throws Exception {
        answers.add(List.of("8.8.8.8"));
        answers.add(List.of("127.0.0.1"));
        assertThat(resolver.resolveAll(host("rebind.example")).get()).hasSize(1);
        assertRefused(host("rebind.example"));
        assertThat(answers).as("asked once for each connection").isEmpty();
    }

    @Test
    void anAddressInPlaceOfANameIsChecked() throws Exception {
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 80);
        assertThat(resolver.isResolved(loopback))
                .as("else it would not pass through here")
                .isFalse();
        answers.add(List.of("127.0.0.1"));
        assertRefused(loopback);
    }

    private void assertRefused(InetSocketAddress host) {
        assertThatThrownBy(() -> resolver.resolveAll(host).get())
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(PublicAddresses.RefusedException.class);
    }

    private static InetSocketAddress host(String name) {
        return InetSocketAddress.createUnresolved(name, 443);
    }

    private static InetAddress address(String literal) throws UnknownHostException {
        return InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(literal));
    }

    /** Answers what a test says, in turn. */
    private final class Scripted extends AddressResolverGroup<InetSocketAddress> {
        @Override
        protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
            return new AbstractAddressResolver<>(executor, InetSocketAddress.class) {
                @Override
                protected boolean doIsResolved(InetSocketAddress address) {
                    return false;
                }

                @Override
                protected void doResolve(InetSocketAddress unresolved, Promise<InetSocketAddress> promise)
                        throws Exception {
                    promise.setSuccess(next(unresolved).get(0));
                }

                @Override
                protected void doResolveAll(InetSocketAddress unresolved, Promise<List<InetSocketAddress>> promise)
                        throws Exception {
                    promise.setSuccess(next(unresolved));
                }
            };
        }

        private List<InetSocketAddress> next(InetSocketAddress host) throws UnknownHostException {
            InetSocketAddress[] found = new InetSocketAddress[answers.getFirst().size()];
            List<String> answer = answers.removeFirst();
            for (int i = 0; i < found.length; i++) {
                found[i] = new InetSocketAddress(address(answer.get(i)), host.getPort());
            }
            return Arrays.asList(found);
        }
    }
}
