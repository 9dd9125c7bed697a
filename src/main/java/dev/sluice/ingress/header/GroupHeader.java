package dev.sluice.ingress.header;

import dev.sluice.job.GroupId;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code Sluice-Group} field: the group that a request joins as a job. */
public final class GroupHeader {

    static final AsciiString NAME = AsciiString.cached("Sluice-Group");

    private GroupHeader() {}

    /**
     * Reads the field.
     *
     * @return the id; null if there is no field
     * @throws ProblemException {@code bad-header} if it is no id of a group, or there are several
     */
    public static @Nullable GroupId of(HttpHeaders request) {
        if (!request.contains(NAME)) {
            return null;
        }
        List<String> ids = request.getAll(NAME);
        if (ids.size() > 1) {
            throw bad("was sent more than once");
        }
        return GroupId.parse(ids.get(0).strip()).orElseThrow(() -> bad("is malformed"));
    }

    private static ProblemException bad(String what) {
        return new ProblemException(
                Problem.BAD_HEADER,
                NAME + " " + what + "; expected the id of a group as it was told when the group was created.");
    }
}
