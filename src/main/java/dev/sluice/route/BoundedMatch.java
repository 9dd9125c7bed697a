package dev.sluice.route;

import java.util.regex.Pattern;

/**
 * Matches what a stranger sent against an operator's regular expression in bounded time. One such as {@code (a+)+b} can
 * take years to say no to fifty characters; here it gives up and says no.
 */
final class BoundedMatch {

    /** Looks at a character: far more than a sensible expression needs for a field of 16 KB, and well below 10 ms. */
    private static final int MOST_LOOKS = 200_000;

    private BoundedMatch() {}

    /** Whether the whole value matches; no if that could not be found out within bounds. */
    static boolean of(Pattern pattern, String value) {
        try {
            return pattern.matcher(new Watched(value, new int[1])).matches();
        } catch (TooManyLooks | StackOverflowError e) { // the latter is how (a|b)* fails for a long value
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
