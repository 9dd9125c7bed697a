package dev.sluice.loadtest.scenario;

import dev.sluice.loadtest.rig.Gateway;
import dev.sluice.loadtest.rig.GatewaySetup;
import dev.sluice.loadtest.rig.Http;
import dev.sluice.loadtest.rig.RigException;
import dev.sluice.loadtest.rig.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a run ran on: without that, no figure says anything. */
final class Environment {

    private static final Pattern VERSION = Pattern.compile("\"version\"\\s*:\\s*\"([^\"]+)\"");

    private Environment() {}

    static Map<String, String> of(Settings settings, Path work, Optional<Gateway> gateway) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("processor", line(Path.of("/proc/cpuinfo"), "model name"));
        environment.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        environment.put("memory", gib(line(Path.of("/proc/meminfo"), "MemTotal")));
        environment.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        environment.put("file system", fileSystem(work));
        if (gateway.isPresent() && gateway.get().process().isEmpty()) {
            environment.put("gateway", gateway.get().base() + ", started by somebody else");
        } else {
            environment.put("Java", java(settings.java()));
            environment.put("JVM options", String.join(" ", settings.jvmOptions()));
            environment.put("start", start(settings, gateway));
            environment.put("journal", settings.journal().key());
        }
        gateway.flatMap(Gateway::management).ifPresent(url -> {
            try {
                Matcher version = VERSION.matcher(Http.get(url.resolve("/actuator/info")));
                environment.put("gateway's version", version.find() ? version.group(1) : "unknown");
            } catch (RigException e) {
                environment.put("gateway's version", "unknown: " + e.getMessage());
            }
        });
        return environment;
    }

    private static String start(Settings settings, Optional<Gateway> gateway) {
        return gateway.flatMap(Gateway::setup)
                .map(GatewaySetup::installation)
                .orElse(settings.installation())
                .map(directory -> directory.resolve("sluice") + ", with its cache")
                .orElse("the jar, unpacked, without a cache");
    }

    private static String line(Path file, String name) {
        try (var lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String gib(String kib) {
        String digits = kib.replaceAll("\\D", "");
        return digits.isEmpty() ? kib : String.format(Locale.ROOT, "%.1f GiB", Long.parseLong(digits) / 1048576.0);
    }

    private static String fileSystem(Path directory) {
        try {
            return Files.getFileStore(directory).type();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String java(String program) {
        try {
            Process process = new ProcessBuilder(program, "-version")
                    .redirectErrorStream(true)
                    .start();
            try (var lines = process.inputReader()) {
                String text = String.join(" · ", lines.lines().toList());
                process.waitFor(10, TimeUnit.SECONDS);
                return text;
            }
        } catch (IOException e) {
            return "unknown: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }
}
