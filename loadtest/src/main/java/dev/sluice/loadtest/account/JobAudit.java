package dev.sluice.loadtest.account;

import dev.sluice.loadtest.load.Answer;
import dev.sluice.loadtest.load.Bodies;
import dev.sluice.loadtest.load.ClosedLoop;
import dev.sluice.loadtest.load.Exchange;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks the gateway for every single job, and counts what became of it. */
public final class JobAudit {

    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final int CONNECTIONS = 32;
    private static final int MOST_EXAMPLES = 5;

    private JobAudit() {}

    /**
     * What was found.
     *
     * @param jobs how many were asked for
     * @param good those that have succeeded and have a result
     * @param failed those that ended otherwise
     * @param unfinished those that have not ended
     * @param unknown those that the gateway does not know, or whose answer says nothing
     * @param doubled ids that were given out more than once
     * @param examples some of those that are not good
     */
    public record Found(
            long jobs, long good, long failed, long unfinished, long unknown, long doubled, List<String> examples) {

        /** Jobs that were accepted and are not there, or have not ended. */
        public long lost() {
            return unknown + unfinished;
        }

        /** Enters what it says into the accounts, where every job is to succeed. */
        public void settle(Accounts accounts) {
            accounts.count("accepted", jobs);
            accounts.count("finished", good + failed);
            accounts.zero("lost", lost());
            accounts.zero("failed", failed);
            accounts.zero("ids given twice", doubled);
        }
    }

    /**
     * Asks for all of them.
     *
     * @param bases the nodes, over which the questions are spread
     * @param paths of the jobs
     * @throws IOException if the gateway does not answer
     */
    public static Found look(List<URI> bases, List<String> paths) throws IOException {
        return look(bases, paths, (path, state) -> {});
    }

    /**
     * The same.
     *
     * @param each is told the path of each job and its state, which is empty if the gateway does not know the job
     */
    public static Found look(List<URI> bases, List<String> paths, BiConsumer<String, String> each) throws IOException {
        Look look = new Look(bases.get(0), paths, each);
        new ClosedLoop(bases, CONNECTIONS).run(look, paths.size(), LIMIT);
        return new Found(
                paths.size(),
                look.good,
                look.failed,
                look.unfinished,
                look.unknown,
                paths.size() - new HashSet<>(paths).size(),
                look.examples);
    }

    private static final class Look implements Exchange {

        private static final Pattern STATE = Pattern.compile("\"state\"\\s*:\\s*\"(\\w+)\"");
        private static final Pattern RESULT = Pattern.compile("\"result\"\\s*:\\s*\\{");

        private final URI base;
        private final List<String> paths;
        private final BiConsumer<String, String> each;
        private final List<String> examples = new ArrayList<>();
        private long good;
        private long failed;
        private long unfinished;
        private long unknown;

        private Look(URI base, List<String> paths, BiConsumer<String, String> each) {
            this.each = each;
            this.base = base;
            this.paths = paths;
        }

        @Override
        public byte[] request(long item) {
            return Bodies.get(base, paths.get((int) item));
        }

        @Override
        public int answered(long item, Answer answer, long nanos) {
            if (answer.status() == 503) {
                return 1;
            }
            Matcher state = STATE.matcher(answer.body());
            String is = answer.status() == 200 && state.find() ? state.group(1) : "";
            each.accept(paths.get((int) item), is);
            switch (is) {
                case "succeeded" -> {
                    if (RESULT.matcher(answer.body()).find()) {
                        good++;
                        return DONE;
                    }
                    unknown++;
                }
                case "failed", "cancelled" -> failed++;
                case "queued", "running" -> unfinished++;
                default -> unknown++;
            }
            if (examples.size() < MOST_EXAMPLES) {
                examples.add(paths.get((int) item) + ": " + answer.status() + " " + answer.body());
            }
            return DONE;
        }
    }
}
