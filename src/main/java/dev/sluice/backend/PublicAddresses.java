package dev.sluice.backend;

import io.netty.resolver.AbstractAddressResolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * Resolves hosts to their addresses in the {@link PublicInternet} only. A connection is made to one of the addresses that are
 * returned here, so that no name that changes its address between a check and the connection leads elsewhere. Addresses in place
 * of names are checked alike.
 */
final class PublicAddresses extends AddressResolverGroup<InetSocketAddress> {

    private final AddressResolverGroup<InetSocketAddress> names;

    /** Makes a group that owns what it resolves names with. */
    PublicAddresses(AddressResolverGroup<InetSocketAddress> names) {
        this.names = names;
    }

    /** A host has addresses, but none that may be connected to. */
    static final class RefusedException extends UnknownHostException {}

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new Checked(executor, names.getResolver(executor));
    }

    @Override
    public void close() {
        super.close();
        names.close();
    }

    private static final class Checked extends AbstractAddressResolver<InetSocketAddress> {

        private final AddressResolver<InetSocketAddress> names;

        Checked(EventExecutor executor, AddressResolver<InetSocketAddress> names) {
            super(executor, InetSocketAddress.class);
            this.names = names;
        }

        /** Nothing is connected to without being passed through here. */
        @Override
        protected boolean doIsResolved(InetSocketAddress address) {
            return false;
        }

        @Override
        protected void doResolve(InetSocketAddress host, Promise<InetSocketAddress> promise) {
            Promise<List<InetSocketAddress>> all = executor().newPromise();
            doResolveAll(host, all);
            all.addListener((Future<List<InetSocketAddress>> found) -> {
                if (found.isSuccess()) {
                    promise.trySuccess(found.getNow().get(0));
                } else {
                    promise.tryFailure(found.cause());
                }
            });
        }

        @Override
        protected void doResolveAll(InetSocketAddress host, Promise<List<InetSocketAddress>> promise) {
            names.resolveAll(host).addListener((Future<List<InetSocketAddress>> found) -> {
                if (!found.isSuccess()) {
                    promise.tryFailure(found.cause());
                    return;
                }
                List<InetSocketAddress> allowed = new ArrayList<>(found.getNow());
                allowed.removeIf(address -> address.isUnresolved() || !PublicInternet.includes(address.getAddress()));
                if (allowed.isEmpty()) {
                    promise.tryFailure(new RefusedException());
                } else {
                    promise.trySuccess(allowed);
                }
            });
        }

        @Override
        public void close() {
            names.close();
        }
    }
}
