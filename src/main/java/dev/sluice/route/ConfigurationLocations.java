package dev.sluice.route;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Where Spring Boot looks for configuration files: the usual directories or those of {@code spring.config.location}, those of
 * {@code spring.config.additional-location}, and what {@code spring.config.import} names.
 *
 * @param names of the files in the directories, without profile and extension
 * @param directories that are searched
 * @param above directories whose subdirectories are searched
 * @param files that are named
 * @param trees directories with a file for each setting
 */
record ConfigurationLocations(
        Set<String> names, Set<Path> directories, Set<Path> above, Set<Path> files, Set<Path> trees) {

    private static final String USUAL = "file:./;file:./config/;file:./config/*/";
    private static final Pattern EXTENSION = Pattern.compile("\\.(ya?ml|properties)");
    private static final Pattern HINT = Pattern.compile("\\[[^\\]]*\\]$");
    private static final String EACH = "*/";
    private static final int TREE_DEPTH = 2;

    /**
     * Those of an environment.
     *
     * @param parents directories to which imports may be relative
     */
    static ConfigurationLocations of(ConfigurableEnvironment environment, List<String> imports, Set<Path> parents) {
        ConfigurationLocations all = new ConfigurationLocations(
                Set.copyOf(List.of(environment
                        .getProperty("spring.config.name", "application")
                        .split(",", -1))),
                new LinkedHashSet<>(),
                new LinkedHashSet<>(),
                new LinkedHashSet<>(),
                new LinkedHashSet<>());
        Set<Path> here = Set.of(Path.of(""));
        all.add(environment.getProperty("spring.config.location", USUAL), here);
        all.add(environment.getProperty("spring.config.additional-location", ""), here);
        Set<Path> bases = new LinkedHashSet<>(here);
        bases.addAll(parents);
        imports.forEach(location -> all.add(environment.resolvePlaceholders(location), bases));
        return all;
    }

    private void add(String locations, Set<Path> bases) {
        for (String each : locations.split("[,;]", -1)) {
            String location = HINT.matcher(each.strip()).replaceFirst("");
            location = without("optional:", location);
            boolean tree = location.startsWith("configtree:");
            location = without("file:", without("configtree:", location));
            if (location.isEmpty() || location.matches("[a-zA-Z][a-zA-Z0-9+.-]+:.*")) {
                continue; // the class path, the environment, another server
            }
            for (Path base : bases) {
                add(base, location, tree);
            }
        }
    }

    private void add(Path base, String location, boolean tree) {
        try {
            boolean each = location.endsWith(EACH);
            Path path = base.resolve(each ? location.substring(0, location.length() - EACH.length()) : location)
                    .normalize();
            if (tree) {
                trees.add(path);
            } else if (each) {
                above.add(path);
            } else if (location.endsWith("/")) {
                directories.add(path);
            } else {
                files.add(path);
            }
        } catch (InvalidPathException e) {
            return; // Spring Boot has a message for it
        }
    }

    private static String without(String prefix, String location) {
        return location.startsWith(prefix) ? location.substring(prefix.length()) : location;
    }

    /**
     * The files that are there now, in any order. Reads directories.
     *
     * @param searched takes the paths of which one has changed when there are other files
     */
    Set<Path> files(Set<Path> also, Set<Path> searched) {
        Set<Path> found = new LinkedHashSet<>(also);
        searched.addAll(files);
        files.stream().filter(Files::isRegularFile).forEach(found::add);
        Stream.concat(directories.stream(), above.stream().flatMap(each -> list(each, searched)))
                .flatMap(directory -> list(directory, searched))
                .filter(this::isConfiguration)
                .forEach(found::add);
        trees.forEach(tree -> addTree(tree, TREE_DEPTH, found, searched));
        return found;
    }

    private static void addTree(Path directory, int depth, Set<Path> found, Set<Path> searched) {
        List<Path> entries = list(directory, searched).toList();
        for (Path entry : entries) {
            if (Files.isRegularFile(entry)) {
                found.add(entry);
            } else if (depth > 0 && Files.isDirectory(entry)) {
                addTree(entry, depth - 1, found, searched);
            }
        }
    }

    private static Stream<Path> list(Path directory, Set<Path> searched) {
        searched.add(directory);
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList().stream();
        } catch (IOException | UncheckedIOException e) { // not there, not readable, no directory, or gone meanwhile
            return Stream.empty();
        }
    }

    private boolean isConfiguration(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0
                && EXTENSION.matcher(name.substring(dot)).matches()
                && names.stream()
                        .anyMatch(known -> name.substring(0, dot).equals(known) || name.startsWith(known + "-"))
                && Files.isRegularFile(file);
    }
}
