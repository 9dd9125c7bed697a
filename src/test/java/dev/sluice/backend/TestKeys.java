package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslStoreBundle;

/** A key and its certificate for this machine and *.receivers.example, made once, which trusts itself and that no public authority has signed. */
final class TestKeys {

    private static final String PASSWORD = "changeit";
    private static final KeyStore STORE = make();

    private TestKeys() {}

    /** For a server, or a client. */
    static SSLContext context() throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(STORE, PASSWORD.toCharArray());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(STORE);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** Bundles: {@code trusting} knows the certificate, {@code known} also has the key. */
    static DefaultSslBundleRegistry bundles() {
        DefaultSslBundleRegistry bundles = new DefaultSslBundleRegistry();
        bundles.registerBundle("trusting", SslBundle.of(SslStoreBundle.of(null, null, STORE)));
        bundles.registerBundle("known", SslBundle.of(SslStoreBundle.of(STORE, PASSWORD, STORE)));
        return bundles;
    }

    private static KeyStore make() {
        try {
            Path folder = Files.createTempDirectory("keys");
            Path file = folder.resolve("keys.p12");
            Process keytool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString(),
                            "-genkeypair",
                            "-alias",
                            "test",
                            "-keyalg",
                            "EC",
                            "-dname",
                            "CN=localhost",
                            "-ext",
                            "san=dns:localhost,dns:*.receivers.example,ip:127.0.0.1",
                            "-storetype",
                            "PKCS12",
                            "-storepass",
                            PASSWORD,
                            "-keystore",
                            file.toString())
                    .redirectErrorStream(true)
                    .start();
            keytool.getInputStream().readAllBytes();
            assertThat(keytool.waitFor()).isZero();
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                store.load(in, PASSWORD.toCharArray());
            }
            Files.delete(file);
            Files.delete(folder);
            return store;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
