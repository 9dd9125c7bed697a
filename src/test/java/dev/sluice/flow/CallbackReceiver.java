package dev.sluice.flow;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A receiver of callbacks of {@code src/test/clients} while it runs. */
interface CallbackReceiver extends AutoCloseable {

    String url();

    /** Waits for the next message that it tells of: its type and what has ended. */
    String next() throws Exception;

    @Override
    void close();

    /** A program that is a server and prints where it listens, and in lines what it is told. */
    static CallbackReceiver server(ProcessBuilder program) throws IOException {
        ClientRun run = new ClientRun(program);
        Matcher port = Pattern.compile("(?:listening on |http://127\\.0\\.0\\.1:)(\\d+)")
                .matcher(run.nextOf("listening on .*|.*http://.* started"));
        if (!port.find()) {
            throw new IllegalStateException(run.told().toString());
        }
        return new CallbackReceiver() {
            @Override
            public String url() {
                return "http://127.0.0.1:" + port.group(1);
            }

            @Override
            public String next() throws IOException {
                Matcher message = CgiServer.TOLD.matcher(run.nextOf(".*" + CgiServer.TOLD));
                return message.find() ? message.group() : "";
            }

            @Override
            public void close() {
                run.close();
            }
        };
    }

    /** A program that a server runs for each message. */
    static CallbackReceiver cgi(List<String> program, Map<String, String> variables) throws IOException {
        return new CgiServer(program, variables);
    }
}
