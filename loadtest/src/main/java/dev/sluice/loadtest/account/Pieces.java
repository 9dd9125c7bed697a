package dev.sluice.loadtest.account;

import dev.sluice.loadtest.load.Piece;
import java.util.stream.LongStream;

/**
 * The {@link Piece}s in a part of a streamed answer that begins with one.
 *
 * @param numbers the number of each
 * @param due when each was due
 * @param rest what follows the last one that is complete
 */
record Pieces(long[] numbers, long[] due, String rest) {

    static Pieces in(String text) {
        LongStream.Builder numbers = LongStream.builder();
        LongStream.Builder due = LongStream.builder();
        int from = 0;
        for (int end = Piece.end(text, from); end > 0; end = Piece.end(text, from)) {
            numbers.add(Piece.number(text, from));
            due.add(Piece.due(text, from));
            from = end;
        }
        return new Pieces(numbers.build().toArray(), due.build().toArray(), text.substring(from));
    }
}
