package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.journal.core.EventCodec;
import java.util.ArrayList;
import java.util.List;

/**
 * A page of the events of a job, merged from output and the others.
 *
 * @param until the number up to which it is complete
 * @param more whether there were further events when it was read
 */
record HistoryPage(List<JobEvent> events, long until, boolean more) {

    /** How much fits on a page. About the demand of a reader: more would be read twice. */
    static final class Room {

        private int events = 128;
        private int bytes = 32 * 1024;

        boolean isFull() {
            return events <= 0 || bytes <= 0;
        }

        void take(int moreEvents, int moreBytes) {
            events -= moreEvents;
            bytes -= moreBytes;
        }
    }

    /** Reads the events with numbers above {@code after} and up to the latest one that the head knows. Blocks. */
    static HistoryPage read(Store main, Outputs outputs, JobHead head, long after) {
        Job job = head.job();
        long from = Math.max(after, 1);
        List<JobEvent> emitted = new ArrayList<>();
        List<JobEvent> others = new ArrayList<>();
        if (after < 1) {
            others.add(job.accepted());
        }
        long[] until = {outputs.read(head, from, new Room(), emitted)};
        Room room = new Room();
        byte[] end = Keys.event(job.id(), until[0] + 1);
        main.scan(Table.EVENTS, Keys.event(job.id(), from + 1), end, (key, value) -> {
            long seq = Keys.seq(key);
            if (room.isFull()) {
                until[0] = seq - 1;
                return false;
            }
            JobEvent event = EventCodec.event(job.id(), job.route(), seq, value);
            others.add(event == null ? new JobEvent.Finished(job) : event);
            room.take(1, value.length);
            return true;
        });
        return new HistoryPage(merged(others, emitted, until[0]), until[0], until[0] < job.lastSeq());
    }

    private static List<JobEvent> merged(List<JobEvent> some, List<JobEvent> more, long until) {
        if (more.isEmpty()) {
            return some;
        }
        List<JobEvent> all = new ArrayList<>(some.size() + more.size());
        int i = 0;
        for (JobEvent next : more) {
            while (i < some.size() && some.get(i).seq() < next.seq()) {
                all.add(some.get(i++));
            }
            if (next.seq() <= until) {
                all.add(next);
            }
        }
        all.addAll(some.subList(i, some.size()));
        return all;
    }
}
