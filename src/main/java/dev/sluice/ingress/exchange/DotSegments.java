package dev.sluice.ingress.exchange;

/**
 * Finds path segments that a backend could take for {@code .} or {@code ..}, also when they, or the separators beside
 * them, are percent-encoded, when a backslash separates them, or when they carry path parameters.
 */
public final class DotSegments {

    private DotSegments() {}

    public static boolean in(String path) {
        int begin = 0;
        int length = path.length();
        while (begin < length) {
            int end = begin;
            int dots = 0;
            boolean onlyDots = true;
            boolean parameters = false;
            while (end < length) {
                int c = character(path, end);
                if (isSeparator(c)) {
                    break;
                }
                parameters |= c == ';';
                if (c == '.' && !parameters) {
                    dots++;
                } else if (!parameters) {
                    onlyDots = false;
                }
                end += path.charAt(end) == '%' && c != '%' ? 3 : 1;
            }
            if (onlyDots && (dots == 1 || dots == 2)) {
                return true;
            }
            begin = end + (end < length && path.charAt(end) == '%' ? 3 : 1);
        }
        return false;
    }

    private static boolean isSeparator(int c) {
        return c == '/' || c == '\\';
    }

    /** The character at this place, decoded if it is an encoded one that matters here. */
    private static int character(String path, int at) {
        char c = path.charAt(at);
        if (c != '%' || at + 2 >= path.length()) {
            return c;
        }
        int high = Character.digit(path.charAt(at + 1), 16);
        int low = Character.digit(path.charAt(at + 2), 16);
        int value = high < 0 || low < 0 ? c : high * 16 + low;
        return value == '.' || value == '/' || value == '\\' || value == ';' ? value : c;
    }
}
