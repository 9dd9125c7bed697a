package dev.sluice.loadtest.rig;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Asks the PostgreSQL of a run by {@code psql}: that of {@code --pg-bin}, else the one on the path. Blocks until it has answered. */
public final class Psql {

    private final String program;
    private final Map<String, String> environment;

    Psql(Settings settings, Postgres postgres) {
        String directory = settings.postgresPrograms();
        Path beside = Path.of(directory, "psql");
        this.program = !directory.isEmpty() && Files.isExecutable(beside) ? beside.toString() : "psql";
        this.environment = postgres.psqlEnvironment();
    }

    /**
     * Runs statements, each in a transaction of its own.
     *
     * @return what they give, a line for each row, without the last line's end
     * @throws RigException if one fails, or there is no {@code psql}
     */
    public String run(String... statements) {
        List<String> command = new ArrayList<>(List.of(program, "-XAtq", "-v", "ON_ERROR_STOP=1"));
        for (String statement : statements) {
            command.addAll(List.of("-c", statement));
        }
        return run(command, "");
    }

    /** Runs a script, with values for its variables. */
    public void script(String text, Map<String, String> variables) {
        List<String> command = new ArrayList<>(List.of(program, "-XAtq", "-v", "ON_ERROR_STOP=1"));
        variables.forEach((name, value) -> command.addAll(List.of("-v", name + "=" + value)));
        command.addAll(List.of("-f", "-"));
        run(command, text);
    }

    private String run(List<String> command, String input) {
        try {
            Process process = start(command);
            try (Writer in = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)) {
                in.write(input);
            }
            String answer = text(process.getInputStream());
            if (process.waitFor() != 0) {
                throw new RigException("psql failed: " + answer);
            }
            return answer;
        } catch (IOException e) {
            throw new RigException("psql cannot be run: apt-get install postgresql-client: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RigException("interrupted", e);
        }
    }

    private Process start(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static String text(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    /**
     * Begins a session that stays open: statements that are given later run in it, and a transaction that it begins stays open.
     */
    public Session session() {
        try {
            return new Session(start(List.of(program, "-XAtq", "-v", "ON_ERROR_STOP=1")));
        } catch (IOException e) {
            throw new RigException("psql cannot be run: apt-get install postgresql-client: " + e.getMessage(), e);
        }
    }

    /** A session that is open. */
    public static final class Session implements AutoCloseable {

        private final Process process;
        private final Writer in;
        private final BufferedReader out;

        private Session(Process process) {
            this.process = process;
            this.in = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
            this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        /**
         * Runs statements and waits for the one row that they give together.
         *
         * @throws RigException if the session has ended
         */
        public String row(String statements) {
            try {
                in.write(statements + "\n");
                in.flush();
                String row = out.readLine();
                if (row == null) {
                    throw new RigException("the session of psql has ended");
                }
                return row;
            } catch (IOException e) {
                throw new RigException("the session of psql broke: " + e.getMessage(), e);
            }
        }

        @Override
        public void close() {
            process.destroy();
        }
    }
}
