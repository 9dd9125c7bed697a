package dev.sluice.journal.memory;

import java.util.List;
import reactor.core.publisher.Flux;

/**
 * A stored body.
 *
 * @param pieces as they came
 * @param size bytes in all
 */
record Body(List<byte[]> pieces, long size) {

    /** The bytes again, in arrays of the reader's own. */
    Flux<byte[]> read() {
        return Flux.fromIterable(pieces).map(byte[]::clone);
    }
}
