package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobState;
import dev.sluice.job.Transition;
import dev.sluice.journal.FollowUps;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.Decision.Guard;
import dev.sluice.journal.core.JobCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs once before the writers start: fills the indexes, records jobs that were claimed when the process ended as
 * lost ({@link Transition.Lose}), and removes orphaned pieces.
 */
final class Recovery {

    private static final Logger log = LoggerFactory.getLogger(Recovery.class);
    private static final int GROUP = 256;

    /** Ids further ahead come from a wrong clock; the journal's time need not follow them. */
    private static final Duration PLAUSIBLE = Duration.ofDays(1);

    private final Store main;
    private final Store bodies;
    private final Outputs outputs;
    private final WorkingSet working;
    private final FollowUps followUps;

    Recovery(Store main, Store bodies, WorkingSet working, FollowUps followUps) {
        this.main = main;
        this.bodies = bodies;
        this.outputs = new Outputs(main);
        this.working = working;
        this.followUps = followUps;
    }

    void run() {
        long begin = System.nanoTime();
        removeErased();
        removeIncomplete();
        List<JobHead> interrupted = new ArrayList<>();
        List<JobId> answered = new ArrayList<>();
        long[] waiting = {0};
        Instant[] newest = {newestId()};
        main.scanAll(Table.OPEN, (key, value) -> {
            JobHead head = JobHead.of(JobId.fromBytes(key, 0), value);
            if (head.job().spec().acceptedAt().isAfter(newest[0])) {
                newest[0] = head.job().spec().acceptedAt(); // new jobs must not overtake it, whatever the clock says
            }
            if (JobHead.isAnswered(head.job()) && head.resultPieces() > 0) {
                answered.add(head.job().id());
            }
            if (head.job().state() == JobState.RUNNING && !head.job().parked()) {
                interrupted.add(outputs.current(head));
            } else {
                working.restore(head.job());
                waiting[0]++;
            }
            return true;
        });
        if (newest[0].isAfter(Instant.EPOCH)) {
            working.startFrom(newest[0]);
        }
        for (JobId id : answered) {
            byte[] answer = Objects.requireNonNull(main.get(Table.RESULTS, Keys.job(id)), "an answer is gone");
            working.restoreAnswer(new BodyName(id, JobCodec.result(answer).part()));
        }
        for (int from = 0; from < interrupted.size(); from += GROUP) {
            lose(interrupted.subList(from, Math.min(from + GROUP, interrupted.size())));
        }
        working.restored();
        log.info(
                "The journal is open: {} jobs wait, {} were interrupted, read in {} ms",
                waiting[0],
                interrupted.size(),
                (System.nanoTime() - begin) / 1_000_000);
    }

    /** Returns when the newest job was accepted; a time long ago if its id is implausible. */
    private Instant newestId() {
        Instant newest = Instant.EPOCH;
        for (Table table : List.of(Table.OPEN, Table.DONE)) {
            try (Store.Cursor last = main.descending(table, CommitGroup.NOTHING, null)) {
                Instant made = last.isValid()
                        ? Instant.ofEpochMilli(JobId.fromBytes(last.key(), 0).millis())
                        : Instant.EPOCH;
                newest = made.isAfter(newest) ? made : newest;
            }
        }
        return newest.isAfter(working.now().plus(PLAUSIBLE)) ? Instant.EPOCH : newest;
    }

    private void lose(List<JobHead> heads) {
        List<Job> after = new ArrayList<>(heads.size());
        try (CommitGroup group = new CommitGroup(main, working, followUps)) {
            for (JobHead head : heads) {
                StagedMove lost = Objects.requireNonNull(
                        StagedMove.of(head, Guard.LEASE_OUT, new Transition.Lose(), working.now()));
                lost.stage(group);
                after.add(lost.after().job());
            }
            group.write();
            after.addAll(group.caused());
        }
        for (Job job : after) {
            if (!job.state().finished()) {
                working.restore(job);
            }
        }
    }

    /** Removes pieces of erased jobs, and of bodies that an earlier version was receiving into this table. */
    private void removeErased() {
        List<byte[]> noted = noted(main);
        try (CommitGroup there = new CommitGroup(bodies, working);
                CommitGroup here = new CommitGroup(main, working)) {
            for (byte[] prefix : noted) {
                byte[] end = Keys.after(prefix);
                there.deleteRange(Table.PIECES, prefix, end);
                here.deleteRange(Table.PIECES, prefix, end);
                here.delete(Table.RECEIVING, prefix);
            }
            there.sync();
            there.write();
            here.write();
        }
    }

    /** Removes pieces of incomplete bodies and of bodies whose head was never written. */
    private void removeIncomplete() {
        List<byte[]> noted = noted(bodies);
        try (CommitGroup group = new CommitGroup(bodies, working)) {
            for (byte[] prefix : noted) {
                BodyName name = Keys.bodyName(prefix);
                if (!isNamed(name)) {
                    group.deleteRange(Table.PIECES, prefix, Keys.after(prefix));
                } else if (!name.isRequest() && main.get(Table.OPEN, Keys.job(name.job())) != null) {
                    continue; // the answer of a job that is still to be decided, and may be discarded
                }
                group.delete(Table.RECEIVING, prefix);
            }
            group.write();
        }
    }

    private boolean isNamed(BodyName body) {
        byte[] value = main.get(body.isRequest() ? Table.REQUESTS : Table.RESULTS, Keys.job(body.job()));
        return value != null && (body.isRequest() || JobCodec.result(value).part() == body.part());
    }

    private static List<byte[]> noted(Store store) {
        List<byte[]> noted = new ArrayList<>();
        store.scan(Table.RECEIVING, CommitGroup.NOTHING, null, (key, value) -> noted.add(key));
        return noted;
    }
}
