package dev.sluice.loadtest.load;

/**
 * A response of HTTP/1.1.
 *
 * @param head its lines, without the empty one
 * @param body as it was framed
 */
public record Answer(int status, String head, String body) {

    /** The value of a header; empty if it is not there. */
    public String header(String name) {
        int from = 0;
        while ((from = head.indexOf("\r\n", from)) >= 0) {
            from += 2;
            int colon = from + name.length();
            if (head.regionMatches(true, from, name, 0, name.length())
                    && colon < head.length()
                    && head.charAt(colon) == ':') {
                int end = head.indexOf("\r\n", colon);
                return head.substring(colon + 1, end < 0 ? head.length() : end).strip();
            }
        }
        return "";
    }
}
