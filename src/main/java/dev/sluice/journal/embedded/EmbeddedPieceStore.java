package dev.sluice.journal.embedded;

import dev.sluice.job.JobId;
import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.BodyName;
import dev.sluice.journal.core.PieceStore;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The pieces of bodies, in a store and with a writer of their own, so that large uploads do not slow other acceptances.
 * Pieces are on stable storage before the head that refers to them is written, and are erased after it. Intermediate
 * states are marked: a body being received here, a job being erased beside its tombstone.
 */
final class EmbeddedPieceStore implements PieceStore {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedPieceStore.class);

    private final Writer writer;
    private final AtomicLong responses = new AtomicLong();

    EmbeddedPieceStore(Writer writer) {
        this.writer = writer;
    }

    /** Creates the name of a response, which keeps those of one job apart. */
    BodyName response(JobId job) {
        return new BodyName(job, responses.incrementAndGet());
    }

    @Override
    public Mono<Void> write(BodyName body, int first, List<byte[]> pieces) {
        byte[] prefix = Keys.body(body);
        int weight = pieces.stream().mapToInt(piece -> piece.length + 256).sum();
        return Mono.create(sink -> writer.submit(change(
                group -> {
                    if (body.isRequest()) {
                        group.admitNew(weight);
                    } else {
                        group.admit(weight);
                    }
                    if (first == 0) {
                        group.put(Table.RECEIVING, prefix, CommitGroup.NOTHING);
                    }
                    for (int i = 0; i < pieces.size(); i++) {
                        group.put(Table.PIECES, Keys.piece(prefix, first + i), pieces.get(i));
                    }
                    group.sync(); // a head may refer to them next; and an even flow keeps other syncs short
                },
                sink::success,
                sink::error,
                weight,
                body.isRequest())));
    }

    /**
     * A head refers to this body now: removes its mark. Not synced, because a start checks the bodies that it finds
     * marked.
     */
    void belongs(BodyName name, Body body) {
        if (body.pieces() > 0) {
            writer.submit(tidying(group -> group.delete(Table.RECEIVING, Keys.body(name)), () -> {}));
        }
    }

    /** As {@link #discard(BodyName)}, if the body has pieces. */
    void discard(BodyName name, Body body) {
        if (body.pieces() > 0) {
            discard(name);
        }
    }

    @Override
    public void discard(BodyName name) {
        byte[] prefix = Keys.body(name);
        writer.submit(tidying(
                group -> {
                    group.deleteRange(Table.PIECES, prefix, Keys.after(prefix));
                    group.delete(Table.RECEIVING, prefix);
                },
                () -> {}));
    }

    /** Removes the pieces of erased jobs, then runs a callback. */
    void erase(List<JobId> jobs, Runnable then) {
        writer.submit(tidying(
                group -> {
                    for (JobId job : jobs) {
                        byte[] prefix = Keys.job(job);
                        group.deleteRange(Table.PIECES, prefix, Keys.after(prefix));
                    }
                    group.sync();
                },
                then));
    }

    private static Change tidying(Consumer<CommitGroup> staging, Runnable then) {
        return change(
                staging,
                then,
                error -> log.debug("What nobody needs of bodies is left until the next start: {}", error.getMessage()),
                256,
                false);
    }

    private static Change change(
            Consumer<CommitGroup> staging, Runnable then, Consumer<Throwable> failing, int weight, boolean refusable) {
        return new Change() {
            @Override
            public void stage(CommitGroup group) {
                staging.accept(group);
            }

            @Override
            public void committed() {
                then.run();
            }

            @Override
            public void failed(Throwable error) {
                failing.accept(error);
            }

            @Override
            public int weight() {
                return weight;
            }

            @Override
            public boolean refusable() {
                return refusable;
            }
        };
    }
}
