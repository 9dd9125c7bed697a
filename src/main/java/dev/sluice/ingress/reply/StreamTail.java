package dev.sluice.ingress.reply;

import dev.sluice.events.AnswerStanding;
import dev.sluice.ingress.header.StreamOffset;
import dev.sluice.job.Job;
import dev.sluice.job.Problem;
import dev.sluice.journal.Answer;
import dev.sluice.journal.Lookup;
import dev.sluice.representation.ProblemException;
import org.jspecify.annotations.Nullable;

/**
 * Where a reader of a Durable Stream is in the output as it stands.
 *
 * @param from the first byte that the reader lacks
 * @param answer the answer to which it belongs; null if there is none yet
 */
public record StreamTail(StreamOffset from, @Nullable Answer answer) {

    /**
     * Resolves an offset.
     *
     * @throws ProblemException {@code offset-gone} if it belongs to the answer of an earlier attempt, {@code bad-request} if the
     *     gateway cannot have given it out
     */
    public static StreamTail of(StreamOffset offset, AnswerStanding standing) {
        Answer answer = standing.answer();
        if (answer == null) {
            Job job = ((Lookup.Known) standing.found()).job();
            if (offset.attempt() > 0) {
                throw offset.attempt() <= job.attempt() ? gone() : StreamOffset.unusable();
            }
            return new StreamTail(new StreamOffset(0, 0), null);
        } else if (offset.equals(StreamOffset.NOW)) {
            return new StreamTail(new StreamOffset(answer.attempt(), answer.size()), answer);
        } else if (offset.attempt() <= 0) {
            return new StreamTail(new StreamOffset(answer.attempt(), 0), answer);
        } else if (offset.attempt() < answer.attempt()) {
            throw gone();
        } else if (offset.attempt() > answer.attempt() || offset.bytes() > answer.size()) {
            throw StreamOffset.unusable();
        }
        return new StreamTail(offset, answer);
    }

    /** Whether there is something to tell a reader that waits at an offset: more bytes, an end, or that the offset is gone. */
    public static boolean hasNews(StreamOffset offset, AnswerStanding standing) {
        Answer answer = standing.answer();
        if (answer == null) {
            return standing.isEnded() || offset.attempt() > 0;
        }
        return answer.complete()
                || answer.size() > offset.bytes()
                || (offset.attempt() > 0 && offset.attempt() != answer.attempt());
    }

    /** Whether the reader lacks bytes. */
    public boolean hasMore() {
        return answer != null && answer.size() > from.bytes();
    }

    /** Whether no bytes will come after those that are stored. */
    public boolean isClosed() {
        return answer != null && answer.complete();
    }

    private static ProblemException gone() {
        return new ProblemException(
                Problem.OFFSET_GONE,
                "The offset belongs to the answer of an attempt that has failed; read the latest one from offset -1.");
    }
}
