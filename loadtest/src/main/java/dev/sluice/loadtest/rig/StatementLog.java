package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The log of a PostgreSQL that logs the duration of every statement. */
public final class StatementLog {

    private final Path file;
    private long mark;

    /** Reads a file from its present end on. */
    public StatementLog(Path file) {
        this.file = file;
        mark();
    }

    /** Forgets what was logged so far. */
    public void mark() {
        try {
            mark = Files.size(file);
        } catch (IOException e) {
            throw new RigException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Milliseconds of each prepared statement since the mark that begins so; a space stands for any white space. */
    public List<Double> millis(String beginning) {
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            byte[] bytes = new byte[(int) Math.min(Integer.MAX_VALUE - 8, log.length() - mark)];
            log.seek(mark);
            log.readFully(bytes);
            return millis(new String(bytes, StandardCharsets.UTF_8), beginning);
        } catch (IOException e) {
            throw new RigException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    static List<Double> millis(String log, String beginning) {
        String words = Arrays.stream(beginning.split(" ")).map(Pattern::quote).collect(Collectors.joining("\\s+"));
        Matcher line = Pattern.compile("duration: ([0-9.]+) ms +execute [^:\\n]*: " + words)
                .matcher(log);
        return line.results().map(found -> Double.parseDouble(found.group(1))).toList();
    }
}
