package dev.sluice.ingress.header;

import dev.sluice.route.Route;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;

/**
 * The urgency that a request asks for with {@code Priority} (RFC 9218), whose value is a dictionary (RFC 9651). One that
 * cannot be read counts as none, as do urgencies that do not exist.
 */
public final class Priority {

    static final AsciiString NAME = AsciiString.cached("Priority");

    private static final AsciiString FETCH_MODE = AsciiString.cached("Sec-Fetch-Mode"); // of browsers, and of no page

    /** What is not said to be more or less urgent (RFC 9218, 4.1). */
    static final int DEFAULT = 3;

    private Priority() {}

    /**
     * The urgency of a request. Browsers send the field by themselves, for what they load: with a page rather than its
     * author behind it, it says nothing about the job.
     */
    public static int urgency(HttpHeaders request, Route route) {
        return route.admission().priority() && request.contains(NAME) && !request.contains(FETCH_MODE)
                ? urgency(request.getAll(NAME))
                : DEFAULT;
    }

    /** From 0, the most urgent, to 7. */
    public static int urgency(List<String> values) {
        if (values.isEmpty()) {
            return DEFAULT;
        }
        // Several lines are one list; only so it shows if one of them ends in a comma.
        Dictionary dictionary = new Dictionary(values.size() == 1 ? values.get(0) : String.join(",", values));
        int urgency = DEFAULT;
        while (dictionary.next()) {
            if (dictionary.key().equals("u")) {
                long asked = dictionary.integer(); // the last one counts
                urgency = asked >= 0 && asked <= 7 ? (int) asked : DEFAULT;
            }
        }
        return dictionary.failed() ? DEFAULT : urgency;
    }
}
