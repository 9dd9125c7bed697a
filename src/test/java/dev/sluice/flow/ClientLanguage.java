package dev.sluice.flow;

import dev.sluice.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The languages of {@code src/test/clients}, and how a user runs the programs there. */
enum ClientLanguage {
    SHELL,
    PYTHON,
    PHP,
    JAVA;

    private static final Path SCRIPTS = Path.of("src", "test", "clients").toAbsolutePath();

    /** Starts the client, or says why it cannot run here. */
    ClientRun client(String... arguments) throws IOException {
        String script = switch (this) {
            case SHELL -> {
                Programs.find("curl");
                yield "client.sh";
            }
            case PYTHON -> "client.py";
            case PHP -> {
                if (!output(php(), "-m").lines().toList().contains("curl")) {
                    Programs.missing("PHP has no curl extension");
                }
                yield "client.php";
            }
            case JAVA -> "Client.java";
        };
        return new ClientRun(program(script, arguments));
    }

    /** Starts the receiver of callbacks, which may keep messages in a directory. */
    CallbackReceiver receiver(Path directory, String... secrets) throws IOException {
        String accepted = String.join(",", secrets);
        Map<String, String> variables = Map.of("WEBHOOK_SECRETS", accepted, "WEBHOOK_DIRECTORY", directory.toString());
        return switch (this) {
            case SHELL -> {
                Programs.find("openssl");
                yield CallbackReceiver.cgi(program("receiver.sh").command(), variables);
            }
            case PYTHON -> CallbackReceiver.server(program("receiver.py", accepted, "0"));
            case PHP -> {
                ProcessBuilder server = new ProcessBuilder(
                        php(),
                        "-S",
                        "127.0.0.1:0",
                        SCRIPTS.resolve("receiver.php").toString());
                server.environment().putAll(variables);
                yield CallbackReceiver.server(server);
            }
            case JAVA -> CallbackReceiver.server(program("Receiver.java", accepted, "0"));
        };
    }

    private ProcessBuilder program(String script, String... arguments) {
        List<String> interpreter = switch (this) {
            case SHELL -> List.of(Programs.find("bash").toString());
            case PYTHON -> List.of(Programs.find("python3").toString());
            case PHP -> List.of(php());
            case JAVA ->
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1");
        };
        Stream<String> all = Stream.concat(
                interpreter.stream(),
                Stream.concat(Stream.of(SCRIPTS.resolve(script).toString()), Stream.of(arguments)));
        return new ProcessBuilder(all.toList());
    }

    private static String php() {
        return Programs.find("php").toString();
    }

    private static String output(String... command) {
        try {
            Process process = new ProcessBuilder(command).start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
