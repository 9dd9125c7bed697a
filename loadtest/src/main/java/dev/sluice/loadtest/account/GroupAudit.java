package dev.sluice.loadtest.account;

import dev.sluice.loadtest.load.Event;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks what a reader of a group's events sees: the events of each job number 1, 2, 3, … and in order, one end of each, and
 * the end of the group after all of them. Used by one thread at a time.
 */
public final class GroupAudit {

    private static final Pattern JOB = Pattern.compile("\"job\"\\s*:\\s*\"([^\"]+)\"");
    private static final Pattern SEQ = Pattern.compile("\"seq\"\\s*:\\s*(\\d+)");

    private final Map<String, Long> last = new HashMap<>();
    private String lastEventId = "";
    private long gaps;
    private long repeats;
    private long ends;
    private @Nullable Event finished;

    /** Takes the next event of the stream. */
    public synchronized void saw(Event event) {
        lastEventId = event.id();
        if (event.type().equals("group")) {
            if (finished == null && event.data().contains("\"change\":\"finished\"")) {
                finished = event;
            }
            return;
        }
        Matcher job = JOB.matcher(event.data());
        Matcher seq = SEQ.matcher(event.data());
        if (!job.find() || !seq.find()) {
            gaps++;
            return;
        }
        long number = Long.parseLong(seq.group(1));
        long before = last.getOrDefault(job.group(1), 0L);
        if (number <= before) {
            repeats++;
        } else if (number > before + 1) {
            gaps++;
        }
        last.put(job.group(1), Math.max(before, number));
        ends += event.isFinal() ? 1 : 0;
    }

    /** From where to resume; empty if nothing was seen. */
    public synchronized String lastEventId() {
        return lastEventId;
    }

    public synchronized boolean finished() {
        return finished != null;
    }

    /** The event that told of the group's end. */
    public synchronized Optional<Event> end() {
        return Optional.ofNullable(finished);
    }

    /**
     * Enters what was seen into the accounts.
     *
     * @param jobs how many have joined the group
     */
    public synchronized void settle(Accounts accounts, long jobs) {
        accounts.zero("event gaps of a group", gaps);
        accounts.zero("events of a group repeated or out of order", repeats);
        accounts.zero("ends of jobs that a group's readers missed", Math.abs(jobs - ends));
        accounts.zero("groups whose end was not told", finished != null ? 0 : 1);
    }
}
