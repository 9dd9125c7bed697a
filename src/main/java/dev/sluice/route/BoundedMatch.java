package dev.sluice.route;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Matches what a client sent against an operator's regular expression in bounded time. An expression such as {@code (a+)+b} can
 * take years to reject fifty characters; here it is given up and does not match. The JDK has no limit for this, and engines
 * that need none, such as RE2/J, do not support all expressions.
 */
final class BoundedMatch {

    /** Character reads: far more than a sensible expression needs for fields of 16 KB, and well below 10 ms. */
    private static final int MOST_READS = 200_000;

    private BoundedMatch() {}

    /**
     * Whether one of the values matches as a whole; false if the limit is exceeded, which is for all of them together, as a
     * client can send hundreds of short values.
     */
    static boolean ofAny(Pattern pattern, List<String> values) {
        int[] reads = new int[1];
        for (String value : values) {
            if (matches(pattern, new Counted(value, reads))) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(Pattern pattern, Counted value) {
        try {
            return pattern.matcher(value).matches();
        } catch (TooManyReads | StackOverflowError e) { // which (a|b)* causes with a long value
            return false;
        }
    }

    /** Whether the expression can be tried on all values within the limit. */
    static boolean decides(Pattern pattern, List<String> values) {
        int[] reads = new int[1];
        try {
            for (String value : values) {
                pattern.matcher(new Counted(value, reads)).matches();
            }
            return true;
        } catch (TooManyReads | StackOverflowError e) {
            return false;
        }
    }

    /** A text that counts the reads of its characters. */
    private record Counted(String text, int[] reads) implements CharSequence {

        @Override
        public char charAt(int index) {
            if (++reads[0] > MOST_READS) {
                throw new TooManyReads();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static final class TooManyReads extends RuntimeException {
        TooManyReads() {
            super(null, null, false, false);
        }
    }
}
