package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.Appended;
import dev.sluice.journal.Body;
import dev.sluice.journal.Fingerprint;
import dev.sluice.journal.NewJob;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import reactor.core.publisher.MonoSink;

/** Accepts a job whose body has been received, or finds the one that its idempotency key stands for. */
final class Append implements Change {

    private final NewJob wanted;
    private final Body body;
    private final byte[] request;
    private final byte[] key;
    private final byte[] fingerprint;
    private final WorkingSet working;
    private final Committer committer;
    private final MonoSink<Appended> sink;
    private @Nullable Job created;
    private @Nullable Job first; // the job that holds the key, if that is another
    private boolean same;

    /** Encodes what it can on the caller's thread, to leave less for the only one that writes. */
    Append(
            NewJob wanted,
            Body body,
            @Nullable Fingerprint fingerprint,
            WorkingSet working,
            Committer committer,
            MonoSink<Appended> sink) {
        this.wanted = wanted;
        this.body = body;
        this.request = Codec.request(wanted.request(), body);
        this.key = wanted.key() == null
                ? Entry.NO_KEY
                : HexFormat.of().parseHex(wanted.key().hash());
        this.fingerprint = fingerprint == null ? Entry.NO_KEY : fingerprint.bytes();
        this.working = working;
        this.committer = committer;
        this.sink = sink;
    }

    @Override
    public void stage(Batch batch) throws RocksDBException {
        if (key.length > 0 && heldByAnother(batch)) {
            return;
        }
        Job job = wanted.accepted(working.nextOrder());
        Entry entry = new Entry(job, key, body.pieces(), 0);
        JobId id = job.id();
        batch.accept(entry);
        batch.put(Table.REQUESTS, Keys.job(id), request);
        if (!wanted.credentials().fields().isEmpty()) {
            batch.put(Table.CREDENTIALS, Keys.job(id), Codec.fields(wanted.credentials()));
        }
        if (body.pieces() > 0) {
            batch.delete(Table.RECEIVING, Keys.body(id, Keys.Part.REQUEST, 0));
        }
        if (key.length > 0) {
            batch.hold(key, holder(id));
        }
        created = job;
    }

    @Override
    public void committed() {
        if (created != null) {
            working.accepted(created);
            sink.success(new Appended.Created(created, working.position(created)));
            return;
        }
        discard();
        sink.success(
                first != null && same
                        ? new Appended.Replayed(first, working.position(first))
                        : new Appended.KeyReused());
    }

    @Override
    public void failed(Throwable error) {
        discard();
        sink.error(error);
    }

    @Override
    public int weight() {
        return 512 + request.length;
    }

    @Override
    public boolean refusable() {
        return true;
    }

    private boolean heldByAnother(Batch batch) throws RocksDBException {
        byte[] holder = batch.holder(key);
        if (holder == null) {
            return false;
        }
        JobId id = JobId.fromBytes(holder, 0);
        Entry entry = batch.open(id);
        if (entry == null) {
            entry = batch.done(id);
        }
        if (entry == null || entry.job().expired(working.now())) {
            return false; // its job was erased or will be: the key is free again
        }
        first = entry.job();
        same = Arrays.equals(holder, JobId.BYTES, holder.length, fingerprint, 0, fingerprint.length);
        return true;
    }

    private byte[] holder(JobId id) {
        byte[] holder = Arrays.copyOf(Keys.job(id), JobId.BYTES + fingerprint.length);
        System.arraycopy(fingerprint, 0, holder, JobId.BYTES, fingerprint.length);
        return holder;
    }

    private void discard() {
        if (body.pieces() > 0) {
            committer.submit(new Discard(Keys.body(wanted.id(), Keys.Part.REQUEST, 0)));
        }
    }
}
