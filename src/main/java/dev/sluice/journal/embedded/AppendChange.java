package dev.sluice.journal.embedded;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Appended;
import dev.sluice.journal.NewJob;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.ClaimedRequests;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.JobCodec;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** Accepts a job whose body has been received, or finds the job that holds its idempotency key. */
final class AppendChange implements Change {

    private final NewJob wanted;
    private final Body body;
    private final byte[] request;
    private final byte[] key;
    private final byte[] fingerprint;
    private final WorkingSet working;
    private final EmbeddedPieceStore bodies;
    private final JobEraser eraser;
    private final MonoSink<Appended> sink;
    private @Nullable Job created;
    private @Nullable Job first; // the job that holds the key, if that is another
    private boolean same;
    private @Nullable CommitGroup group; // that creates it
    private boolean takesKey; // of a job that has expired

    /** Encodes on the caller's thread, to offload the single writer thread. */
    AppendChange(
            NewJob wanted,
            Body body,
            @Nullable Fingerprint fingerprint,
            WorkingSet working,
            EmbeddedPieceStore bodies,
            JobEraser eraser,
            MonoSink<Appended> sink) {
        this.wanted = wanted;
        this.body = body;
        this.request = JobCodec.request(wanted.request(), body);
        this.key = wanted.key() == null
                ? JobHead.NO_KEY
                : HexFormat.of().parseHex(wanted.key().hash());
        this.fingerprint = fingerprint == null ? JobHead.NO_KEY : fingerprint.bytes();
        this.working = working;
        this.bodies = bodies;
        this.eraser = eraser;
        this.sink = sink;
    }

    @Override
    public void stage(CommitGroup group) {
        if (key.length > 0 && heldByAnother(group)) {
            return;
        }
        group.admitNew(weight());
        group.groups().admit(wanted.spec().group());
        Job job = wanted.accepted(working.nextOrder());
        JobId id = job.id();
        byte[] credentials = CommitGroup.credentials(wanted);
        group.accept(
                new JobHead(job, key, body.pieces(), 0, credentials != null),
                new ClaimedRequests.Columns(request, credentials));
        if (key.length > 0) {
            group.hold(key, holder(id));
        }
        if (takesKey) {
            eraser.step();
        }
        created = job;
        this.group = group;
    }

    @Override
    public void committed() {
        if (created != null && group != null) {
            boolean started = group.starts(created.id());
            if (takesKey) {
                eraser.step();
            }
            bodies.belongs(name(), body);
            working.accepted(created, started);
            sink.success(new Appended.Created(created, started ? 1 : working.position(created), started));
            return;
        }
        bodies.discard(name(), body);
        sink.success(
                first != null && same
                        ? new Appended.Replayed(first, working.position(first))
                        : new Appended.KeyReused());
    }

    @Override
    public void failed(Throwable error) {
        bodies.discard(name(), body);
        sink.error(error);
    }

    @Override
    public void inDoubt(Throwable error) {
        sink.error(error);
    }

    @Override
    public void rolledBack() {
        bodies.discard(name(), body);
    }

    @Override
    public int weight() {
        return 512 + request.length;
    }

    @Override
    public boolean refusable() {
        return true;
    }

    private boolean heldByAnother(CommitGroup group) {
        byte[] holder = group.holder(key);
        if (holder == null) {
            return false;
        }
        JobId id = JobId.fromBytes(holder, 0);
        JobHead head = group.jobs().open(id);
        if (head == null) {
            head = group.jobs().done(id);
        }
        if (head == null || head.job().expired(working.erasable())) {
            takesKey = true; // its job has expired: the key is free
            return false;
        }
        first = head.job();
        same = Arrays.equals(holder, JobId.BYTES, holder.length, fingerprint, 0, fingerprint.length);
        return true;
    }

    private byte[] holder(JobId id) {
        byte[] holder = Arrays.copyOf(Keys.job(id), JobId.BYTES + fingerprint.length);
        System.arraycopy(fingerprint, 0, holder, JobId.BYTES, fingerprint.length);
        return holder;
    }

    private BodyName name() {
        return BodyName.request(wanted.id());
    }
}
