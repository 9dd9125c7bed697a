package dev.sluice.loadtest.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Runs as JSON files. */
public final class JsonFiles {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private JsonFiles() {}

    public static void write(Run run, Path file) throws IOException {
        Files.write(file, MAPPER.writeValueAsBytes(run));
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if it is none, or of another format
     */
    public static Run read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException("there is no file " + file);
        }
        Run run;
        try {
            run = MAPPER.readValue(Files.readAllBytes(file), Run.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + " is no report of this kit: " + e.getOriginalMessage(), e);
        }
        if (run.format() != Run.FORMAT) {
            throw new IllegalArgumentException(
                    file + " has format " + run.format() + ", expected " + Run.FORMAT + ": run it again");
        }
        return run;
    }
}
