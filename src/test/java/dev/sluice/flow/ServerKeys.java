package dev.sluice.flow;

import dev.sluice.ingress.Transport;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;

/** The key of {@link Transport#TLS}, for {@code localhost}, as other servers of a test use it and as its clients trust it. */
final class ServerKeys {

    private static final String STORE = setting("server.ssl.key-store=");
    private static final String PASSWORD = setting("server.ssl.key-store-password=");

    private ServerKeys() {}

    private static String setting(String key) {
        return Arrays.stream(Transport.TLS.settings())
                .filter(setting -> setting.startsWith(key))
                .findFirst()
                .orElseThrow()
                .substring(key.length());
    }

    /** Settings of a bundle that trusts it. */
    static List<String> trusting(String bundle) {
        String prefix = "spring.ssl.bundle.jks." + bundle + ".truststore.";
        return List.of(prefix + "location=" + STORE, prefix + "password=" + PASSWORD);
    }

    /** For a server of HTTP/1.1. */
    static SslContext server() {
        try {
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store(), PASSWORD.toCharArray());
            return SslContextBuilder.forServer(managers).build();
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** For a client that speaks HTTP/2, or HTTP/1.1. */
    static SslContext client(String protocol) {
        try {
            KeyStore store = store();
            X509Certificate certificate = (X509Certificate)
                    store.getCertificate(Collections.list(store.aliases()).get(0));
            SslContextBuilder client = SslContextBuilder.forClient().trustManager(certificate);
            if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                client.ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE);
            }
            return client.applicationProtocolConfig(new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            protocol))
                    .build();
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static KeyStore store() throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(Path.of(STORE))) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, PASSWORD.toCharArray());
            return keys;
        }
    }
}
