package dev.sluice.journal.memory;

import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.core.Bytes;
import java.util.List;
import reactor.core.publisher.Flux;

/**
 * A stored body.
 *
 * @param pieces as they came
 * @param size bytes in all
 */
record Body(List<byte[]> pieces, long size) implements ReceivedBody {

    /** The bytes again, in arrays of the reader's own. */
    Flux<byte[]> read() {
        return read(0);
    }

    /** The bytes from one on, likewise. */
    Flux<byte[]> read(long from) {
        return Bytes.skip(Flux.fromIterable(pieces).map(byte[]::clone), from);
    }
}
