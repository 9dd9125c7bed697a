package dev.sluice.flow;

import static org.awaitility.Awaitility.await;

import dev.sluice.FreePorts;
import dev.sluice.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A real reverse proxy that runs the sample of {@code config/}: its text, with other ports. Around it is what a server needs
 * to run anywhere, and compression of everything, which an operator may have switched on.
 */
final class ReverseProxy implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private final String name;
    private final Process process;
    private final Path log;
    private final int port;

    private ReverseProxy(String name, List<String> command, Path directory, int port) throws IOException {
        this.name = name;
        this.port = port;
        log = directory.resolve("output.log");
        process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(this::accepts);
        } catch (RuntimeException | Error e) {
            close();
            throw new AssertionError(name + " does not start:\n" + log(), e);
        }
    }

    static ReverseProxy nginx(Path directory, String gateway) throws IOException {
        return nginx(directory, gateway, Map.of());
    }

    /** As its comment says it is done. */
    static ReverseProxy nginxBehindPrefix(Path directory, String gateway) throws IOException {
        return nginx(
                directory,
                gateway,
                Map.of(
                        "# map ", "map ",
                        "location ~ ^/", "location ~ ^/sluice/",
                        "proxy_pass http://sluice;", "proxy_pass http://sluice$target;",
                        "X-Forwarded-Prefix \"\"", "X-Forwarded-Prefix /sluice"));
    }

    private static ReverseProxy nginx(Path directory, String gateway, Map<String, String> changes) throws IOException {
        Path program = Programs.find("nginx");
        int port = FreePorts.next();
        Files.createDirectories(directory);
        sample("config/nginx/sluice.conf", "listen 80;", "listen 127.0.0.1:" + port + ";", gateway, changes, directory);
        Path around = Files.writeString(directory.resolve("nginx.conf"), """
                %s
                daemon off;
                pid nginx.pid;
                error_log stderr;
                events {}
                http {
                    access_log off;
                    client_body_temp_path body;
                    proxy_temp_path proxy;
                    fastcgi_temp_path fastcgi;
                    uwsgi_temp_path uwsgi;
                    scgi_temp_path scgi;
                    gzip on;
                    gzip_proxied any;
                    gzip_min_length 1;
                    gzip_types *;
                    include sluice.conf;
                }
                """.formatted(ROOT ? "user root;" : ""));
        return new ReverseProxy(
                "nginx",
                List.of(program.toString(), "-p", directory + "/", "-e", "stderr", "-c", around.toString()),
                directory,
                port);
    }

    static ReverseProxy apache(Path directory, String gateway) throws IOException {
        return apache(directory, gateway, Map.of());
    }

    /** As its comment says it is done. */
    static ReverseProxy apacheBehindPrefix(Path directory, String gateway) throws IOException {
        return apache(
                directory,
                gateway,
                Map.of(
                        "ProxyPass \"/", "ProxyPass \"/sluice/",
                        "# RequestHeader set X-Forwarded-Prefix", "RequestHeader set X-Forwarded-Prefix"));
    }

    private static ReverseProxy apache(Path directory, String gateway, Map<String, String> changes) throws IOException {
        Path program = Programs.find("apache2", "httpd");
        Path modules =
                List.of("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules").stream()
                        .map(Path::of)
                        .filter(Files::isDirectory)
                        .findFirst()
                        .orElseGet(() -> Programs.missing("the modules of Apache httpd are not installed"));
        int port = FreePorts.next();
        Files.createDirectories(directory);
        sample(
                "config/apache/sluice.conf",
                "<VirtualHost *:80>",
                "<VirtualHost 127.0.0.1:" + port + ">",
                gateway,
                changes,
                directory);
        StringBuilder around = new StringBuilder();
        for (String module :
                List.of("mpm_event", "authz_core", "headers", "setenvif", "proxy", "proxy_http", "filter", "deflate")) {
            around.append("<IfModule !%1$s_module>\nLoadModule %1$s_module %2$s/mod_%1$s.so\n</IfModule>\n"
                    .formatted(module, modules));
        }
        around.append("""
                ServerRoot "%1$s"
                DefaultRuntimeDir "%1$s"
                PidFile "%1$s/httpd.pid"
                ServerName localhost
                Listen 127.0.0.1:%2$d
                ErrorLog "%1$s/error.log"
                User #65534
                Group #65534
                SetOutputFilter DEFLATE
                Include "%1$s/sluice.conf"
                """.formatted(directory, port));
        Path file = Files.writeString(directory.resolve("httpd.conf"), around);
        return new ReverseProxy(
                "httpd", List.of(program.toString(), "-f", file.toString(), "-DFOREGROUND"), directory, port);
    }

    private static void sample(
            String name, String listening, String here, String gateway, Map<String, String> changes, Path directory)
            throws IOException {
        Map<String, String> all = new HashMap<>(changes);
        all.put(listening, here);
        all.put("127.0.0.1:8080", gateway.substring("http://".length()));
        String text = Files.readString(Path.of(name));
        for (Map.Entry<String, String> change : all.entrySet()) {
            if (!text.contains(change.getKey())) {
                throw new AssertionError(name + " does not contain: " + change.getKey());
            }
            text = text.replace(change.getKey(), change.getValue());
        }
        Files.writeString(directory.resolve("sluice.conf"), text);
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    private boolean accepts() {
        if (!process.isAlive()) {
            throw new IllegalStateException(name + " has ended");
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGTERM, so that its workers end too. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
