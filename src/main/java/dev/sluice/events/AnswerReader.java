package dev.sluice.events;

import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.Output;
import dev.sluice.journal.Answer;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Lookup;
import dev.sluice.waiting.Share;
import dev.sluice.waiting.WaitingBytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A reader of the answer to one attempt. It is told of live pieces and keeps some of them; whatever it lacks, and what becomes of
 * the answer, it reads from the journal. It signals itself to its sink whenever there may be something to emit, and
 * {@link #next} emits it, one round at a time, at the pace of whoever subscribed.
 */
final class AnswerReader implements JobListener {

    /** Bytes of live pieces that are kept, and one piece more. */
    static final int LIVE_BYTES = 64 * 1024;

    private static final long UNKNOWN = -1;

    private final JobReader journal;
    private final AnswerReads reads;
    private final JobId job;
    private final int attempt;
    private final Answers.Until until;
    private @Nullable FluxSink<AnswerReader> sink;
    private @Nullable Share share;
    private final Sinks.Empty<Void> sentAway = Sinks.empty();
    private volatile @Nullable RuntimeException why;

    // Owned by the rounds.
    private long position;
    private @Nullable Answer unread; // what is stored of it has not been read to its end

    // Guarded by this.
    private final Queue<Output> live = new ArrayDeque<>(2);
    private long liveBytes;
    private boolean readDue = true;
    private boolean closed;
    private long known = UNKNOWN;

    AnswerReader(JobReader journal, AnswerReads reads, JobId job, int attempt, long from, Answers.Until until) {
        this.journal = journal;
        this.reads = reads;
        this.job = job;
        this.attempt = attempt;
        this.position = from;
        this.until = until;
    }

    void open(FluxSink<AnswerReader> to, WaitingBytes waiting) {
        sink = to;
        share = waiting.open(() -> sendAway(new SlowReaderException()));
    }

    void close() {
        synchronized (this) {
            closed = true;
            live.clear();
        }
        share().close();
    }

    @Override
    public JobId job() {
        return job;
    }

    @Override
    public synchronized long knownSeq() {
        return known == UNKNOWN ? CATCHING_UP : known;
    }

    @Override
    public void onEvent(JobEvent event, SseFrame frame) {
        synchronized (this) {
            boolean missed = known != UNKNOWN && event.seq() > known + 1;
            known(event.seq());
            if (event instanceof JobEvent.Emitted emitted && emitted.output().attempt() == attempt && !missed) {
                keep(emitted.output());
            } else if (missed || !(event instanceof JobEvent.Reported)) {
                readLater();
            }
        }
        signal();
    }

    @Override
    public void catchUp() {
        synchronized (this) {
            readLater();
        }
        signal();
    }

    @Override
    public void disconnect() {
        if (until == Answers.Until.DRAINING) {
            sendAway(new BrokenAnswerException("the node stops"));
        }
    }

    private void sendAway(RuntimeException reason) {
        why = reason;
        sentAway.tryEmitEmpty(); // fails only if it was sent away already
    }

    /** Ends when the reader is sent away, whether or not it takes what it was given. */
    Mono<Void> sentAway() {
        return sentAway.asMono();
    }

    /** Why the reader was sent away; empty if it was not. */
    Mono<AnswerPart> reason() {
        return Mono.defer(() -> {
            RuntimeException reason = why;
            return reason == null ? Mono.empty() : Mono.error(reason);
        });
    }

    private void keep(Output output) {
        if (closed || readDue) {
            return;
        } else if (liveBytes >= LIVE_BYTES) {
            readLater();
            return;
        }
        live.add(output);
        liveBytes += output.bytes().length;
        share().take(output.bytes().length);
    }

    private void readLater() {
        readDue = true;
        live.clear();
        share().give(liveBytes);
        liveBytes = 0;
    }

    private void known(long number) {
        known = Math.max(known, number);
    }

    private void signal() {
        sink().next(this);
    }

    /** Emits what there is for now. */
    Flux<AnswerPart> next() {
        return Flux.defer(() -> {
            Answer begun = unread;
            if (begun != null) {
                return stored(Mono.just(begun));
            }
            List<Output> pieces;
            synchronized (this) {
                if (readDue) {
                    readDue = false;
                    return stored(lookup());
                }
                pieces = List.copyOf(live);
                live.clear();
                liveBytes = 0;
            }
            return pieces.isEmpty() ? Flux.empty() : arrived(pieces);
        });
    }

    private Flux<AnswerPart> arrived(List<Output> pieces) {
        List<AnswerPart> parts = new ArrayList<>(pieces.size());
        long taken = pieces.stream().mapToLong(piece -> piece.bytes().length).sum();
        for (Output piece : pieces) {
            if (piece.offset() > position) { // something before it is missing
                catchUp();
                break;
            } else if (piece.end() > position) {
                int seen = (int) (position - piece.offset());
                byte[] rest = seen == 0 ? piece.bytes() : Arrays.copyOfRange(piece.bytes(), seen, piece.bytes().length);
                position = piece.end();
                parts.add(new AnswerPart(rest, position, false));
            }
        }
        if (!parts.isEmpty()) {
            AnswerPart last = parts.remove(parts.size() - 1);
            parts.add(new AnswerPart(last.bytes(), last.end(), true));
        }
        return Flux.fromIterable(parts).doFinally(signal -> share().give(taken));
    }

    private Mono<Answer> lookup() {
        return journal.find(job)
                .doOnNext(this::found)
                .flatMap(found -> journal.answer(job).map(answer -> AnswerStanding.of(found, answer)))
                .mapNotNull(AnswerStanding::answer)
                .filter(answer -> answer.attempt() == attempt)
                .switchIfEmpty(Mono.error(() -> new BrokenAnswerException("the answer broke off")));
    }

    private void found(Lookup found) {
        if (found instanceof Lookup.Known present) {
            synchronized (this) {
                known(present.job().lastSeq());
            }
        }
    }

    private Flux<AnswerPart> stored(Mono<Answer> answer) {
        return reads.read(answer, position).flatMapMany(this::read);
    }

    private Flux<AnswerPart> read(AnswerReads.Part part) {
        Answer answer = part.answer();
        if (part.pieces().isEmpty() && position < answer.size()) {
            return Flux.error(new BrokenAnswerException("less of the answer is stored than was written"));
        }
        List<AnswerPart> parts = new ArrayList<>(part.pieces().size());
        long begin = position;
        for (byte[] piece : part.pieces()) {
            position += piece.length;
            parts.add(new AnswerPart(piece, position, position == answer.size()));
        }
        long taken = position - begin;
        share().take(taken);
        unread = position < answer.size() ? answer : null;
        return Flux.fromIterable(parts)
                .doOnComplete(() -> {
                    if (unread != null) {
                        signal();
                    } else if (answer.complete()) {
                        sink().complete();
                    }
                })
                .doFinally(signal -> share().give(taken));
    }

    private FluxSink<AnswerReader> sink() {
        return Objects.requireNonNull(sink);
    }

    private Share share() {
        return Objects.requireNonNull(share);
    }
}
