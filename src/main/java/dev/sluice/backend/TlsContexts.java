package dev.sluice.backend;

import io.netty.handler.ssl.SslContext;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.springframework.boot.ssl.SslBundles;

/**
 * The TLS contexts of SSL bundles, made once and again when their bundle changes: to make one takes long and reads files, and
 * there may be many pools of connections with the same bundle. Thread-safe.
 */
final class TlsContexts {

    private final SslBundles bundles;
    private final Consumer<String> changed;
    private final Map<String, SslContext> contexts = new ConcurrentHashMap<>();

    /**
     * Makes it without any context.
     *
     * @param changed is told the name of a bundle whose context is another one from now on
     */
    TlsContexts(SslBundles bundles, Consumer<String> changed) {
        this.bundles = bundles;
        this.changed = changed;
    }

    /** The context of a bundle. Blocks unless it is known. */
    SslContext of(String bundle) {
        SslContext known = contexts.get(bundle);
        return known != null ? known : contexts.computeIfAbsent(bundle, this::watched);
    }

    private SslContext watched(String name) {
        bundles.addBundleUpdateHandler(name, bundle -> {
            contexts.put(name, Tls.of(bundle));
            changed.accept(name);
        });
        return Tls.of(bundles.getBundle(name));
    }
}
