package dev.sluice.ingress.reply;

import java.util.Arrays;
import reactor.core.publisher.Flux;

/** Cuts bodies that are read from the journal. */
final class BodyPart {

    private BodyPart() {}

    /** No more than the first bytes of a body; the rest is not read. */
    static Flux<byte[]> first(Flux<byte[]> body, long length) {
        return Flux.defer(() -> {
            long[] left = {length};
            return body.map(piece -> {
                        byte[] part = piece.length <= left[0] ? piece : Arrays.copyOf(piece, (int) left[0]);
                        left[0] -= part.length;
                        return part;
                    })
                    .takeUntil(part -> left[0] == 0);
        });
    }
}
