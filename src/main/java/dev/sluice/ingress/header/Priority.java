package dev.sluice.ingress.header;

import dev.sluice.route.Route;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Priority} field of a request (RFC 9218), a structured dictionary (RFC 9651) of which the gateway wants the
 * integer {@code u}. A dictionary with a mistake anywhere counts as absent, so all of its grammar is checked: by one regular
 * expression without backtracking, because inner lists do not nest.
 *
 * <p>The library {@code org.greenbytes.http:structured-fields} (0.4) implements RFC 8941 and takes the dates and display
 * strings of RFC 9651, as in {@code d=@1659578233, u=2}, for mistakes.
 */
public final class Priority {

    static final AsciiString NAME = AsciiString.cached("Priority");

    /** Sent by browsers; a page cannot set it. */
    private static final AsciiString FETCH_MODE = AsciiString.cached("Sec-Fetch-Mode");

    /** The urgency of a request that states none (RFC 9218, 4.1). */
    static final int DEFAULT = 3;

    private static final String KEY = "[a-z*][a-z0-9_.*-]*+";
    private static final String INTEGER = "-?+[0-9]{1,15}+";
    private static final String ITEM = "(?:-?+[0-9]{1,12}+\\.[0-9]{1,3}+|" + INTEGER
            + "|\"(?:[ !#-\\[\\]-~]|\\\\[\"\\\\])*+\"" // string
            + "|[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*+" // token
            + "|:[A-Za-z0-9+/=]*+:" // byte sequence
            + "|\\?[01]|@" + INTEGER // boolean and date
            + "|%\"(?:[ !#$&-~]|%[0-9a-f]{2})*+\")"; // display string
    private static final String PARAMETERS = "(?:; *+" + KEY + "(?:=" + ITEM + ")?+)*+";
    private static final String INNER_LIST = "\\( *+(?:" + ITEM + PARAMETERS + "(?=[ )]) *+)*+\\)";
    private static final Pattern MEMBER = Pattern.compile("\\G(" + KEY + ")(?:=(?:(" + INTEGER + ")(?![0-9.])|" + ITEM
            + "|" + INNER_LIST + "))?+" + PARAMETERS + "[ \t]*+(?:,[ \t]*+(?!\\z)|\\z)");

    private Priority() {}

    /**
     * Returns the urgency of a request. Browsers send the field by themselves with what they load: it expresses the page's
     * priorities and not those of its author, so it is ignored.
     */
    public static int urgency(HttpHeaders request, Route route) {
        return route.admission().priority() && request.contains(NAME) && !request.contains(FETCH_MODE)
                ? urgency(request.getAll(NAME))
                : DEFAULT;
    }

    /** Returns the urgency that the lines of the field state, from 0, the most urgent, to 7. */
    public static int urgency(List<String> lines) {
        // Joined first: a line that ends in a comma is a mistake only together with the next.
        String dictionary = (lines.size() == 1 ? lines.get(0) : String.join(",", lines)).strip();
        Matcher member = MEMBER.matcher(dictionary);
        int urgency = DEFAULT;
        int end = -1;
        while (member.find()) {
            end = member.end();
            if (member.group(1).equals("u")) { // the last one counts
                urgency = urgency(member.group(2));
            }
        }
        return end == dictionary.length() ? urgency : DEFAULT;
    }

    private static int urgency(@Nullable String integer) {
        long asked = integer == null ? DEFAULT : Long.parseLong(integer);
        return asked >= 0 && asked <= 7 ? (int) asked : DEFAULT;
    }
}
