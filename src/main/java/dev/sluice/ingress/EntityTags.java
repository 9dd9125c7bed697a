package dev.sluice.ingress;

import java.util.List;

/** {@code If-None-Match} (RFC 9110, 13.1.2). */
final class EntityTags {

    private EntityTags() {}

    /**
     * Whether one of the tags, compared weakly, is the current one.
     *
     * @param current in quotes
     */
    static boolean match(List<String> ifNoneMatch, String current) {
        for (String value : ifNoneMatch) {
            int at = 0;
            while (at < value.length()) {
                char c = value.charAt(at);
                if (c == '*') {
                    return true;
                } else if (c == '"') {
                    int end = value.indexOf('"', at + 1);
                    if (end < 0) {
                        break;
                    } else if (value.substring(at, end + 1).equals(strong(current))) {
                        return true;
                    }
                    at = end;
                }
                at++;
            }
        }
        return false;
    }

    private static String strong(String tag) {
        return tag.startsWith("W/") ? tag.substring(2) : tag;
    }
}
