package dev.sluice.route;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.boot.origin.OriginTrackedResource;
import org.springframework.boot.origin.TextResourceOrigin;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;

/**
 * The files that a configuration was read from, and those that would be read in addition if they were there. Files of the class
 * path are not among them. Immutable; the methods read the disk.
 */
public final class ConfigurationFiles {

    private static final String IMPORT = "spring.config.import";

    private final Set<Path> read;
    private final ConfigurationLocations locations;

    ConfigurationFiles(Set<Path> read, ConfigurationLocations locations) {
        this.read = new TreeSet<>(read);
        this.locations = locations;
    }

    /** Those of an environment. */
    static ConfigurationFiles of(ConfigurableEnvironment environment) {
        Set<Path> read = new TreeSet<>();
        List<String> imports = new ArrayList<>();
        for (PropertySource<?> source : environment.getPropertySources()) {
            if (source instanceof EnumerablePropertySource<?> names) {
                for (String name : names.getPropertyNames()) {
                    if (name.startsWith(IMPORT)) {
                        imports.add(String.valueOf(names.getProperty(name)));
                    }
                    Path file = file(OriginLookup.getOrigin(names, name));
                    if (file != null) {
                        read.add(file);
                    }
                }
            }
        }
        Set<Path> parents = new TreeSet<>();
        read.forEach(file -> parents.add(file.resolveSibling("")));
        return new ConfigurationFiles(read, ConfigurationLocations.of(environment, imports, parents));
    }

    private static @Nullable Path file(@Nullable Origin origin) {
        if (!(origin instanceof TextResourceOrigin text) || text.getResource() == null) {
            return null;
        }
        Resource resource = text.getResource();
        while (resource instanceof OriginTrackedResource tracked) {
            resource = tracked.getResource();
        }
        try {
            return resource instanceof ClassPathResource || !resource.isFile()
                    ? null
                    : resource.getFile().toPath().normalize();
        } catch (IOException e) { // it is none after all
            return null;
        }
    }

    /**
     * What the files contain at a moment.
     *
     * @param digest differs if a file has other contents, appeared or went
     * @param missing files that something was read from, and that are gone or empty
     * @param looked the files, and what was searched for them
     */
    public record State(String digest, List<Path> missing, Set<Path> looked) {}

    /**
     * What the files contain now. By content, since times of modification are too coarse and the files are often links to others.
     *
     * @throws IOException if one cannot be read
     */
    public State state() throws IOException {
        MessageDigest digest = sha256();
        List<Path> missing = new ArrayList<>(read);
        Set<Path> looked = new TreeSet<>();
        Set<Path> all = new TreeSet<>(locations.files(read, looked));
        looked.addAll(all);
        byte[] buffer = new byte[8192];
        for (Path file : all) {
            digest.update(file.toString().getBytes(StandardCharsets.UTF_8));
            long length = 0;
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    length += n;
                }
                digest.update(Long.toString(length).getBytes(StandardCharsets.UTF_8));
            } catch (NoSuchFileException e) {
                digest.update((byte) 0);
            }
            if (length > 0) {
                missing.remove(file);
            }
        }
        return new State(HexFormat.of().formatHex(digest.digest()), List.copyOf(missing), looked);
    }

    /**
     * What the file system knows of these paths, links followed, without reading them. Another one means that something may have
     * changed. The same means that nothing has, but for a change within one tick of the file system's clock or, for some seconds, of
     * files on another machine.
     */
    public static Map<Path, Object> stamps(Set<Path> paths) {
        Map<Path, Object> stamps = new HashMap<>();
        for (Path path : paths) {
            stamps.put(path, stamp(path));
        }
        return stamps;
    }

    private static Object stamp(Path path) {
        try {
            BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
            return Arrays.asList(now.fileKey(), now.lastModifiedTime(), now.size());
        } catch (IOException e) { // not there, or not readable
            return e.toString();
        }
    }

    /** Whether both are the same files, whatever they contain. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ConfigurationFiles files
                && read.equals(files.read)
                && locations.equals(files.locations);
    }

    @Override
    public int hashCode() {
        return read.hashCode();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
