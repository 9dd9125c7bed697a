package dev.sluice.ingress.header;

import java.util.List;

/** Comparing entity tags (RFC 9110, 8.8.3), as {@code If-None-Match} and {@code If-Range} do. */
public final class EntityTags {

    private EntityTags() {}

    /**
     * Whether one of the tags, compared weakly, is the current one, or any will do. Of a list that is malformed only what
     * comes before the mistake counts.
     *
     * @param ifNoneMatch values of the field
     * @param current in quotes
     */
    public static boolean match(List<String> ifNoneMatch, String current) {
        for (String value : ifNoneMatch) {
            if (value.strip().equals("*") || contains(value, opaque(current))) {
                return true;
            }
        }
        return false;
    }

    /** Whether two tags, compared strongly, are the same; a date is no tag, so it is the same as none. */
    static boolean same(String tag, String current) {
        return tag.startsWith("\"") && tag.equals(current);
    }

    /** Commas may be in tags, backslashes mean nothing: a tag ends at the next quote, whatever comes before it. */
    private static boolean contains(String list, String wanted) {
        int at = 0;
        while (at < list.length()) {
            char c = list.charAt(at);
            if (c == ',' || FieldReader.isSpace(c)) {
                at++;
                continue;
            }
            int begin = list.startsWith("W/", at) ? at + 2 : at;
            int end = begin < list.length() && list.charAt(begin) == '"' ? list.indexOf('"', begin + 1) : -1;
            if (end < 0) {
                return false;
            } else if (end + 1 - begin == wanted.length() && list.startsWith(wanted, begin)) {
                return true;
            }
            at = end + 1;
        }
        return false;
    }

    private static String opaque(String tag) {
        return tag.startsWith("W/") ? tag.substring(2) : tag;
    }
}
