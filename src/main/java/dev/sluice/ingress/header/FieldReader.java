package dev.sluice.ingress.header;

import org.jspecify.annotations.Nullable;

/**
 * Walks through the value of a header field, from left to right, by the words of RFC 9110, 5.6. What is not there leaves
 * the place where it is; nothing is ever thrown.
 */
public final class FieldReader {

    private final String text;
    private final int end;
    private int at;

    public FieldReader(String text) {
        this(text, 0, text.length());
    }

    public FieldReader(String text, int from, int end) {
        this.text = text;
        this.at = from;
        this.end = end;
    }

    public boolean atEnd() {
        return at >= end;
    }

    /** The next character, left where it is; NUL at the end. */
    public char peek() {
        return at < end ? text.charAt(at) : 0;
    }

    /** Goes past a character if it is the next one. */
    public boolean take(char c) {
        if (at < end && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    /** Goes past optional whitespace. */
    public FieldReader space() {
        while (at < end && isSpace(text.charAt(at))) {
            at++;
        }
        return this;
    }

    /** A token; null if there is none. */
    @Nullable
    public String token() {
        int from = at;
        while (at < end && isTokenCharacter(text.charAt(at))) {
            at++;
        }
        return at == from ? null : text.substring(from, at);
    }

    /** What a quoted string says; null if there is none, or one without its closing quote. */
    @Nullable
    public String quoted() {
        if (peek() != '"') {
            return null;
        }
        StringBuilder said = new StringBuilder();
        for (int i = at + 1; i < end; i++) {
            char c = text.charAt(i);
            if (c == '"') {
                at = i + 1;
                return said.toString();
            }
            if (c == '\\' && ++i < end) {
                c = text.charAt(i);
            }
            said.append(c);
        }
        return null;
    }

    /** A token or what a quoted string says; null if there is neither. */
    @Nullable
    String word() {
        return peek() == '"' ? quoted() : token();
    }

    /** All before the next of some characters, or before the end; null if that is nothing. */
    @Nullable
    public String upTo(String stops) {
        int from = at;
        while (at < end && stops.indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return at == from ? null : text.substring(from, at);
    }

    /** Where the element of a list ends that begins here: at the next comma outside quotes, or at the end. */
    int endOfElement() {
        boolean quoted = false;
        for (int i = at; i < end; i++) {
            char c = text.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (c == '\\' && quoted) {
                i++;
            } else if (c == ',' && !quoted) {
                return i;
            }
        }
        return end;
    }

    static boolean isSpace(char c) {
        return c == ' ' || c == '\t';
    }

    public static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!isTokenCharacter(text.charAt(i))) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    static boolean isTokenCharacter(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }
}
