package dev.sluice.journal.embedded;

import dev.sluice.job.IllegalTransitionException;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.JournalUnavailableException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/** Erases finished jobs and leaves their tombstones. */
final class Erase implements Change {

    private static final Logger log = LoggerFactory.getLogger(Erase.class);

    private final JobId id;
    private final List<byte[]> rows;
    private final WorkingSet working;
    private final Writer writer;
    private final Bodies bodies;
    private final MonoSink<Integer> sink;
    private final List<JobId> inPieces = new ArrayList<>();
    private int erased;

    private Erase(
            JobId id, List<byte[]> rows, WorkingSet working, Writer writer, Bodies bodies, MonoSink<Integer> sink) {
        this.id = id;
        this.rows = rows;
        this.working = working;
        this.writer = writer;
        this.bodies = bodies;
        this.sink = sink;
    }

    /** Erases the jobs that these rows of {@link Table#EXPIRY} name, and the rows. */
    static Erase expired(List<byte[]> rows, WorkingSet working, Writer writer, Bodies bodies, MonoSink<Integer> sink) {
        return new Erase(Keys.expiring(rows.get(0)), rows, working, writer, bodies, sink);
    }

    /** Erases one job, whenever it would expire. */
    static Erase now(JobId id, WorkingSet working, Writer writer, Bodies bodies, MonoSink<Integer> sink) {
        return new Erase(id, List.of(), working, writer, bodies, sink);
    }

    @Override
    public void stage(Group group) {
        if (rows.isEmpty()) {
            erase(group, id);
        }
        for (byte[] row : rows) {
            JobId expired = Keys.expiring(row);
            try {
                erase(group, expired);
                group.delete(Table.EXPIRY, row);
            } catch (JournalUnavailableException e) {
                log.error("Job {} cannot be read and is not erased: {}", expired, e.getMessage());
            }
        }
    }

    @Override
    public void committed() {
        if (!inPieces.isEmpty()) {
            bodies.erase(inPieces, () -> writer.submit(new Noted(inPieces)));
        }
        sink.success(erased);
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }

    private void erase(Group group, JobId id) {
        JobHead done = group.done(id);
        if (done != null) {
            boolean hasKey = done.key().length > 0 && holds(group, done.key(), id);
            erase(group, id, done, hasKey);
            erased++;
            return;
        }
        JobHead open = group.open(id);
        if (open != null) {
            throw new IllegalTransitionException(open.job(), "erase");
        }
    }

    /** Nothing is read here that could fail: it is erased wholly or not at all. */
    private void erase(Group group, JobId id, JobHead done, boolean hasKey) {
        byte[] key = Keys.job(id);
        group.erased(id);
        group.put(Table.DONE, key, Group.NOTHING);
        group.put(Table.TOMBSTONES, Keys.expiry(working.now().toEpochMilli(), id), Group.NOTHING);
        group.delete(Table.EXPIRY, Group.expiryKey(done.job()));
        group.delete(Table.REQUESTS, key);
        if (done.job().result() != null) {
            group.delete(Table.RESULTS, key);
        }
        eraseEvents(group, done.job());
        if (hasKey) {
            group.delete(Table.KEYS, done.key());
        }
        if (done.requestPieces() > 0 || done.resultPieces() > 0) {
            inPieces.add(id);
            group.put(Table.RECEIVING, key, Group.NOTHING); // should this process die before they are gone
            group.deleteRange(Table.PIECES, key, Keys.after(key)); // where earlier versions wrote them
        }
        group.sync();
    }

    private static void eraseEvents(Group group, Job job) {
        if (job.lastSeq() > JobReader.HISTORY_KEPT) {
            group.deleteRange(Table.EVENTS, Keys.event(job.id(), 2), Keys.event(job.id(), job.lastSeq() + 1));
            return;
        }
        for (long seq = 2; seq <= job.lastSeq(); seq++) {
            group.delete(Table.EVENTS, Keys.event(job.id(), seq));
        }
    }

    /** Whether the key is still this job's: since the job expired, a newer one may have taken it. */
    private static boolean holds(Group group, byte[] key, JobId id) {
        byte[] holder = group.holder(key);
        return holder != null && JobId.fromBytes(holder, 0).equals(id);
    }

    /** The pieces of erased jobs are gone: nothing needs to be known of them any more. Not synced: a start may do it again. */
    private record Noted(List<JobId> jobs) implements Change {

        @Override
        public void stage(Group group) {
            jobs.forEach(job -> group.delete(Table.RECEIVING, Keys.job(job)));
        }

        @Override
        public void committed() {}

        @Override
        public void failed(Throwable error) {}
    }
}
