package dev.sluice.ingress;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** The kinds of public listener, and how a client gets to each. */
public enum Transport {
    /** HTTP/1.1 and nothing else. */
    PLAIN,
    /** HTTP/1.1, or HTTP/2 for who begins with its preface. */
    CLEARTEXT_HTTP2("server.http2.enabled=true"),
    /** HTTP/1.1 or HTTP/2, as TLS negotiates it. */
    TLS("server.http2.enabled=true") {
        @Override
        public String[] settings() {
            return new String[] {
                "server.http2.enabled=true",
                "server.ssl.key-store=" + Keys.STORE,
                "server.ssl.key-store-password=" + Keys.PASSWORD
            };
        }

        @Override
        public Socket secured(Socket socket, String protocol) throws IOException {
            SSLSocket tls = (SSLSocket)
                    Keys.CLIENT.getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
            javax.net.ssl.SSLParameters parameters = tls.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {protocol});
            tls.setSSLParameters(parameters);
            tls.startHandshake();
            return tls;
        }
    };

    private static final int LIMIT_MILLIS = 20_000;

    private final String[] settings;

    Transport(String... settings) {
        this.settings = settings;
    }

    /** What makes a listener one of this kind. */
    public String[] settings() {
        return settings;
    }

    /** A connection without a word said; with a receive buffer of that many bytes, or the usual one for 0. */
    public Socket connect(int port, int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), LIMIT_MILLIS);
        socket.setSoTimeout(LIMIT_MILLIS);
        socket.setTcpNoDelay(true);
        return socket;
    }

    /** What is said over a connection, after a handshake for the protocol if there is one. */
    public Socket secured(Socket socket, String protocol) throws IOException {
        return socket;
    }

    /** A certificate for the run of the tests. */
    private static final class Keys {

        static final String PASSWORD = "changeit";
        static final Path STORE = make();
        static final SSLContext CLIENT = client();

        private static Path make() {
            try {
                Path folder = Files.createTempDirectory("sluice-tls");
                Path store = folder.resolve("keys.p12");
                folder.toFile().deleteOnExit();
                store.toFile().deleteOnExit(); // deleted before its folder
                String[] command = {
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    "test",
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=localhost",
                    "-ext",
                    "san=dns:localhost",
                    "-storetype",
                    "PKCS12",
                    "-storepass",
                    PASSWORD,
                    "-keystore",
                    store.toString()
                };
                Process keytool =
                        new ProcessBuilder(command).redirectErrorStream(true).start();
                byte[] said = keytool.getInputStream().readAllBytes();
                if (keytool.waitFor() != 0) {
                    throw new AssertionError(new String(said));
                }
                return store;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }

        private static SSLContext client() {
            try (InputStream in = Files.newInputStream(STORE)) {
                KeyStore keys = KeyStore.getInstance("PKCS12");
                keys.load(in, PASSWORD.toCharArray());
                KeyStore trusted = KeyStore.getInstance("PKCS12");
                trusted.load(null, null);
                trusted.setCertificateEntry("test", keys.getCertificate("test"));
                TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                trust.init(trusted);
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(null, trust.getTrustManagers(), null);
                return context;
            } catch (IOException | GeneralSecurityException e) {
                throw new AssertionError(e);
            }
        }
    }
}
