package dev.sluice.route;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Matches what a stranger sent against an operator's regular expression in bounded time. One such as {@code (a+)+b} can
 * take years to say no to fifty characters; here it gives up and says no.
 */
final class BoundedMatch {

    /** Looks at a character: far more than a sensible expression needs for fields of 16 KB, and well below 10 ms. */
    private static final int MOST_LOOKS = 200_000;

    private BoundedMatch() {}

    /**
     * Whether one of the values matches as a whole; no if that could not be found out within bounds. These are for all of
     * them together, for of short values a stranger can send hundreds.
     */
    static boolean ofAny(Pattern pattern, List<String> values) {
        int[] looks = new int[1];
        for (String value : values) {
            if (matches(pattern, new Watched(value, looks))) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(Pattern pattern, Watched value) {
        try {
            return pattern.matcher(value).matches();
        } catch (TooManyLooks | StackOverflowError e) { // the latter is how (a|b)* fails for a long value
            return false;
        }
    }

    /** Whether it could be found out within bounds which of the values match. */
    static boolean decides(Pattern pattern, List<String> values) {
        int[] looks = new int[1];
        try {
            for (String value : values) {
                pattern.matcher(new Watched(value, looks)).matches();
            }
            return true;
        } catch (TooManyLooks | StackOverflowError e) {
            return false;
        }
    }

    /** A text that counts how often the matcher looks at it. */
    private record Watched(String text, int[] looks) implements CharSequence {

        @Override
        public char charAt(int index) {
            if (++looks[0] > MOST_LOOKS) {
                throw new TooManyLooks();
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

    private static final class TooManyLooks extends RuntimeException {
        TooManyLooks() {
            super(null, null, false, false);
        }
    }
}
