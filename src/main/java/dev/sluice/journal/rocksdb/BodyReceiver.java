package dev.sluice.journal.rocksdb;

import dev.sluice.journal.core.Body;
import dev.sluice.journal.core.Fingerprint;
import dev.sluice.journal.core.PieceBuffer;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.rocksdb.RocksDBException;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.MonoSink;

/**
 * Takes in one body. A small one stays in memory and is written together with its head; a longer one is written in pieces
 * of equal size (the last may be shorter) while it arrives, more being asked for when what came before is written, so that
 * memory holds about one piece of each body, however long it is. If it does not arrive whole, its pieces are removed: at once, or at the next start if the process
 * dies first.
 *
 * <p>Signals of the body and of the committer come on different threads and may overlap (a body may end while its last
 * piece is being written); the lock is held for moments only.
 */
final class BodyReceiver extends BaseSubscriber<byte[]> {

    static final int INLINE = 32 * 1024;
    static final int PIECE = 64 * 1024;

    private final Committer committer;
    private final Set<BodyReceiver> receiving;
    private final byte[] prefix;
    private final boolean refusable;
    private final @Nullable Fingerprint fingerprint;
    private final MonoSink<?> sink;
    private final Consumer<Body> whole;

    private final PieceBuffer held = new PieceBuffer();
    private long size;
    private int pieces;
    private boolean written;
    private boolean writing;
    private boolean ended;
    private boolean over;

    /**
     * Prepares to take in a body.
     *
     * @param receiving those that are under way: it is among them until it is over
     * @param prefix what the keys of its pieces begin with
     * @param refusable whether it may be refused while too much is waiting to be written
     * @param fingerprint fed with each byte, if given
     * @param sink told of errors
     * @param whole called once with the complete body, all pieces of which are written
     */
    BodyReceiver(
            Committer committer,
            Set<BodyReceiver> receiving,
            byte[] prefix,
            boolean refusable,
            @Nullable Fingerprint fingerprint,
            MonoSink<?> sink,
            Consumer<Body> whole) {
        this.committer = committer;
        this.receiving = receiving;
        this.prefix = prefix;
        this.refusable = refusable;
        this.fingerprint = fingerprint;
        this.sink = sink;
        this.whole = whole;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        receiving.add(this);
        sink.onCancel(this::abandon);
        subscription.request(1);
    }

    @Override
    protected void hookOnNext(byte[] bytes) {
        List<byte[]> whole = null;
        synchronized (this) {
            if (over) {
                return;
            }
            if (fingerprint != null) {
                fingerprint.add(bytes);
            }
            held.add(bytes);
            size += bytes.length;
            if (held.bytes() >= PIECE) {
                whole = held.takePieces(PIECE);
                writing = true;
            }
        }
        if (whole != null) {
            write(whole);
        } else {
            request(1);
        }
    }

    @Override
    protected void hookOnComplete() {
        synchronized (this) {
            ended = true;
            if (writing || over) {
                return; // goes on when the piece is written
            }
        }
        end();
    }

    @Override
    protected void hookOnError(Throwable error) {
        fail(error);
    }

    private void end() {
        byte[] rest;
        boolean small;
        synchronized (this) {
            if (over) {
                return;
            }
            rest = held.take();
            small = pieces == 0 && rest.length <= INLINE;
            writing = !small && rest.length > 0;
            over = !writing; // from here on the pieces belong to whoever is told of the whole
        }
        if (writing) {
            write(List.of(rest));
        } else {
            receiving.remove(this);
            whole.accept(small ? new Body(size, 0, rest) : new Body(size, pieces, new byte[0]));
        }
    }

    /** Gives up on a body that is still coming in. */
    void fail(Throwable error) {
        if (abandon()) {
            sink.error(error);
        }
    }

    /** Removes what was written of a body that will not be whole; false if it is over already. */
    private boolean abandon() {
        synchronized (this) {
            if (over) {
                return false;
            }
            over = true;
            held.clear();
        }
        receiving.remove(this);
        cancel();
        if (written) {
            committer.submit(new Discard(prefix));
        }
        return true;
    }

    private void write(List<byte[]> next) {
        Pieces change = new Pieces(next, pieces);
        pieces += next.size();
        committer.submit(change);
    }

    /** Some pieces on their way to the disk. */
    private final class Pieces implements Change {

        private final List<byte[]> all;
        private final int first;

        Pieces(List<byte[]> all, int first) {
            this.all = all;
            this.first = first;
        }

        @Override
        public void stage(Batch batch) throws RocksDBException {
            if (first == 0) {
                batch.put(Table.RECEIVING, prefix, new byte[0]);
            }
            for (int i = 0; i < all.size(); i++) {
                batch.put(Table.PIECES, Keys.piece(prefix, first + i), all.get(i));
            }
        }

        @Override
        public void committed() {
            boolean last;
            synchronized (BodyReceiver.this) {
                writing = false;
                last = ended;
                written = true;
                if (over) {
                    committer.submit(new Discard(prefix)); // abandoned while these were on their way
                    return;
                }
            }
            if (last) {
                end();
            } else {
                request(1);
            }
        }

        @Override
        public void failed(Throwable error) {
            fail(error);
        }

        @Override
        public int weight() {
            return all.stream().mapToInt(piece -> piece.length + 256).sum();
        }

        @Override
        public boolean refusable() {
            return refusable;
        }
    }
}
