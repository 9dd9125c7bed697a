package dev.sluice.ingress.header;

import java.util.List;
import org.springframework.http.ETag;

/** Compares entity tags (RFC 9110, 8.8.3) for {@code If-None-Match} and {@code If-Range}. */
public final class EntityTags {

    private EntityTags() {}

    /**
     * Whether one of the tags, compared weakly, is the current one, or the field is {@code *}. Spring's reader also takes a
     * star beside other tags or letters for the wildcard, for which a client would get a 304 for what it does not have.
     *
     * @param ifNoneMatch values of the field
     * @param current in quotes
     */
    public static boolean match(List<String> ifNoneMatch, String current) {
        ETag tag = ETag.create(current);
        for (String value : ifNoneMatch) {
            if (value.strip().equals("*")) {
                return true;
            }
            for (ETag one : ETag.parse(value)) {
                if (!one.isWildcard() && one.compare(tag, false)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether two tags, compared strongly, are the same; false for a date. */
    static boolean same(String tag, String current) {
        return tag.startsWith("\"") && tag.equals(current);
    }
}
