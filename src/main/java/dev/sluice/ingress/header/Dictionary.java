package dev.sluice.ingress.header;

/**
 * Walks through a dictionary (RFC 9651, 4.2.2), member by member. Of the values only integers are kept; all others are
 * checked, because a dictionary with a mistake anywhere counts as none.
 */
public final class Dictionary {

    /** Stands for a value that is no integer; no integer of a dictionary has so many digits. */
    static final long NO_INTEGER = Long.MIN_VALUE;

    private final String text;
    private int at;
    private boolean failed;
    private boolean begun;
    private String key = "";
    private long integer;

    Dictionary(String text) {
        this.text = text;
        skip(" ");
    }

    /** Goes to the next member; false at the end, or where there is a mistake. */
    boolean next() {
        if (begun) {
            skip(" \t");
            if (at < text.length()) {
                require(take(','));
                skip(" \t");
                require(at < text.length());
            }
        }
        begun = true;
        if (failed || at >= text.length()) {
            return false;
        }
        key = readKey();
        integer = NO_INTEGER;
        if (take('=')) {
            if (peek() == '(') {
                innerList();
            } else {
                integer = bareItem();
            }
        }
        parameters();
        return !failed;
    }

    /** Whether the walk ended at a mistake. */
    boolean failed() {
        return failed;
    }

    String key() {
        return key;
    }

    /** The value of this member, or {@link #NO_INTEGER}. */
    long integer() {
        return integer;
    }

    private String readKey() {
        int from = at;
        require(isLower(peek()) || peek() == '*');
        while (isLower(peek()) || isDigit(peek()) || isOneOf("_-.*", peek())) {
            at++;
        }
        return failed ? "" : text.substring(from, at);
    }

    private void parameters() {
        while (take(';')) {
            skip(" ");
            readKey();
            if (take('=')) {
                bareItem();
            }
        }
    }

    private void innerList() {
        at++;
        skip(" ");
        while (!failed && !take(')')) {
            bareItem();
            parameters();
            require(peek() == ' ' || peek() == ')');
            skip(" ");
        }
    }

    private long bareItem() {
        char c = peek();
        if (c == '-' || isDigit(c)) {
            return number(true);
        } else if (c == '"') {
            string();
        } else if (isLower(c | 0x20) || c == '*') {
            skipToken();
        } else if (take('?')) {
            require(take('0') || take('1'));
        } else if (take(':')) {
            bytes();
        } else if (take('@')) {
            number(false);
        } else if (take('%')) {
            displayString();
        } else {
            fail();
        }
        return NO_INTEGER;
    }

    private long number(boolean decimalAllowed) {
        boolean negative = take('-');
        int from = at;
        long value = 0;
        while (isDigit(peek()) && at - from < 16) {
            value = value * 10 + (text.charAt(at++) - '0');
        }
        int digits = at - from;
        if (peek() == '.' && decimalAllowed) {
            int point = at++;
            while (isDigit(peek())) {
                at++;
            }
            require(digits >= 1 && digits <= 12 && at - point >= 2 && at - point <= 4);
            return NO_INTEGER;
        }
        require(digits >= 1 && digits <= 15);
        return negative ? -value : value;
    }

    private void string() {
        at++;
        while (!failed && !take('"')) {
            if (take('\\')) {
                require(peek() == '"' || peek() == '\\');
            }
            require(peek() >= ' ' && peek() < 0x7f);
            at++;
        }
    }

    private void displayString() {
        require(take('"'));
        while (!failed && !take('"')) {
            if (take('%')) {
                require(isLowerHex(peek()));
                at++;
                require(isLowerHex(peek()));
            }
            require(peek() >= ' ' && peek() < 0x7f);
            at++;
        }
    }

    private void bytes() {
        while (!failed && !take(':')) {
            require(isLower(peek() | 0x20) || isDigit(peek()) || isOneOf("+/=", peek()));
            at++;
        }
    }

    private void skipToken() {
        at++;
        while (FieldReader.isTokenCharacter(peek()) || peek() == ':' || peek() == '/') {
            at++;
        }
    }

    /** The next character, left where it is; NUL, which no dictionary has, at the end. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private boolean take(char c) {
        if (peek() != c) {
            return false;
        }
        at++;
        return true;
    }

    private void skip(String characters) {
        while (isOneOf(characters, peek())) {
            at++;
        }
    }

    private void require(boolean right) {
        if (!right) {
            fail();
        }
    }

    /** Goes to the end, so that whatever is being read is over. */
    private void fail() {
        failed = true;
        at = text.length();
    }

    private static boolean isOneOf(String characters, char c) {
        return c != 0 && characters.indexOf(c) >= 0;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLower(int c) {
        return c >= 'a' && c <= 'z';
    }

    private static boolean isLowerHex(char c) {
        return isDigit(c) || (c >= 'a' && c <= 'f');
    }
}
