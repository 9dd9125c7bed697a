package dev.sluice;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Clients of other people from npm, which tests run with Node. What {@code src/test/npm} names is installed below
 * {@code target} when the first test asks for it; where there is no Node, npm or registry the test is skipped.
 */
public final class NodePackages {

    private static final Path SOURCES = Path.of("src", "test", "npm");
    private static final Path PLACE = Path.of("target", "npm");
    private static final String LOCK = "package-lock.json";

    private NodePackages() {}

    /** Runs a script of {@code src/test/npm} to its end and gives back what it printed. */
    public static String run(String script, String... arguments) throws Exception {
        Path place = install();
        List<String> command =
                new ArrayList<>(List.of(Programs.find("node", "nodejs").toString(), script));
        command.addAll(List.of(arguments));
        return output(place, command, 120);
    }

    /** Starts a script of {@code src/test/npm}, which says on its output what the test waits for. */
    public static Process start(String script, String... arguments) throws Exception {
        Path place = install();
        List<String> command =
                new ArrayList<>(List.of(Programs.find("node", "nodejs").toString(), script));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .directory(place.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Where the scripts are and the packages that they import. */
    public static synchronized Path install() throws Exception {
        Path npm = Programs.find("npm");
        Files.createDirectories(PLACE);
        boolean there = Files.isDirectory(PLACE.resolve("node_modules"))
                && Files.exists(PLACE.resolve(LOCK))
                && Files.mismatch(SOURCES.resolve(LOCK), PLACE.resolve(LOCK)) < 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(SOURCES, Files::isRegularFile)) {
            for (Path file : files) {
                if (!file.endsWith(LOCK)) {
                    Files.copy(file, PLACE.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        if (!there) {
            Files.copy(SOURCES.resolve(LOCK), PLACE.resolve(LOCK), StandardCopyOption.REPLACE_EXISTING);
            try {
                output(PLACE, List.of(npm.toString(), "ci", "--prefer-offline", "--ignore-scripts"), 300);
            } catch (IOException e) {
                Files.delete(PLACE.resolve(LOCK));
                return Programs.missing("the packages of " + SOURCES + " cannot be installed: " + e.getMessage());
            }
        }
        return PLACE;
    }

    private static String output(Path directory, List<String> command, int seconds) throws Exception {
        Path printed = Files.createTempFile("sluice", ".out");
        Path complained = Files.createTempFile("sluice", ".err");
        try {
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectOutput(printed.toFile())
                    .redirectError(complained.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " took more than " + seconds + " s: " + read(complained));
            }
            if (process.exitValue() != 0) {
                throw new IOException(command + " ended with " + process.exitValue() + ": " + read(complained));
            }
            return read(printed);
        } finally {
            Files.delete(printed);
            Files.delete(complained);
        }
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }
}
