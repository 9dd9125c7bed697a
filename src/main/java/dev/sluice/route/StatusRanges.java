package dev.sluice.route;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A set of HTTP statuses written as {@code 304}, {@code 2xx}, {@code 1xx-3xx} or {@code 400-404}.
 *
 * @param ranges the parts
 */
public record StatusRanges(List<Range> ranges) {

    private static final Pattern PART = Pattern.compile("([1-5])(\\d\\d|xx)(?:-([1-5])(\\d\\d|xx))?");

    /** Statuses from {@code first} to {@code last}, both included. */
    public record Range(int first, int last) {}

    public StatusRanges {
        ranges = List.copyOf(ranges);
    }

    /**
     * Reads the parts.
     *
     * @throws IllegalArgumentException naming the part that is none
     */
    public static StatusRanges parse(List<String> parts) {
        List<Range> ranges = new ArrayList<>(parts.size());
        for (String part : parts) {
            Matcher matcher = PART.matcher(part.strip());
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        "'" + part + "' is not a status such as 304, 2xx, 1xx-3xx or 400-404");
            }
            boolean single = matcher.group(3) == null;
            int first = status(matcher.group(1), matcher.group(2), false);
            int last = status(matcher.group(single ? 1 : 3), matcher.group(single ? 2 : 4), true);
            if (last < first) {
                throw new IllegalArgumentException("'" + part + "' ends before it begins");
            }
            ranges.add(new Range(first, last));
        }
        return new StatusRanges(ranges);
    }

    public boolean contains(int status) {
        for (Range range : ranges) {
            if (status >= range.first() && status <= range.last()) {
                return true;
            }
        }
        return false;
    }

    private static int status(String hundreds, String rest, boolean end) {
        int base = Integer.parseInt(hundreds) * 100;
        return rest.equals("xx") ? base + (end ? 99 : 0) : base + Integer.parseInt(rest);
    }
}
