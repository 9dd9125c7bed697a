package dev.sluice.journal.core;

import java.util.Arrays;
import reactor.core.publisher.Flux;

/** Utilities for bodies. */
public final class Bytes {

    private Bytes() {}

    /** Skips the first bytes of a sequence of pieces. */
    public static Flux<byte[]> skip(Flux<byte[]> pieces, long bytes) {
        return bytes == 0
                ? pieces
                : Flux.defer(() -> {
                    long[] left = {bytes};
                    return pieces.handle((piece, sink) -> {
                        int cut = (int) Math.min(left[0], piece.length);
                        left[0] -= cut;
                        if (cut < piece.length) {
                            sink.next(cut == 0 ? piece : Arrays.copyOfRange(piece, cut, piece.length));
                        }
                    });
                });
    }
}
