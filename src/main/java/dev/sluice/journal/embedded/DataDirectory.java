package dev.sluice.journal.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restricts a directory of the journal to its owner, because it contains bodies and credentials of clients.
 *
 * <p>A directory open to everybody, as created with the usual umask, is restricted to its owner together with its
 * files. One open to a group only was made so on purpose, for a backup or by a volume driver, and is left as it is.
 */
final class DataDirectory {

    private static final Logger log = LoggerFactory.getLogger(DataDirectory.class);

    private static final Set<PosixFilePermission> OTHERS = EnumSet.of(
            PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_EXECUTE);
    private static final Set<PosixFilePermission> OWNER = EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    private DataDirectory() {}

    /** Creates a directory if necessary, and revokes the permissions of others. */
    static void prepare(Path directory) throws IOException {
        boolean posix = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
        if (Files.isDirectory(directory)) {
            if (posix) {
                close(directory);
            }
        } else if (posix) {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER));
        } else {
            Files.createDirectories(directory);
        }
    }

    private static void close(Path directory) throws IOException {
        if (!isOpen(directory)) {
            return;
        }
        try {
            keepToOwner(directory);
            for (Path file : files(directory)) {
                keepToOwner(file);
            }
            log.info("{} was open to other users of this machine: it is its owner's alone now", directory);
        } catch (IOException e) {
            log.warn(
                    "Other users of this machine can read {}, with what clients sent, and that cannot be changed ({})."
                            + " Make it belong to the user of the gateway, with mode 0700.",
                    directory,
                    e.toString());
        }
    }

    private static boolean isOpen(Path path) throws IOException {
        return Files.getPosixFilePermissions(path).stream().anyMatch(OTHERS::contains);
    }

    private static void keepToOwner(Path path) throws IOException {
        Set<PosixFilePermission> kept = EnumSet.copyOf(OWNER);
        kept.retainAll(Files.getPosixFilePermissions(path));
        Files.setPosixFilePermissions(path, kept);
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
    }
}
