package dev.sluice.loadtest.account;

/**
 * The members of an {@code output} event's data that matter here, read without a tree: readers get tens of thousands a second.
 *
 * @param data the whole
 * @param text the piece of the answer
 * @param begin how many bytes of the answer came before it
 * @param pieces those that the text consists of if it begins with one
 */
record OutputText(String data, String text, long begin, Pieces pieces) {

    private static final String TEXT = "\"text\":\"";
    private static final String OFFSET = "\"offset\":";

    /**
     * Reads them.
     *
     * @throws IllegalArgumentException if they are not there, or not as text
     */
    static OutputText of(String data) {
        String text = text(data);
        return new OutputText(data, text, offset(data), Pieces.in(text));
    }

    static String text(String data) {
        int from = data.indexOf(TEXT);
        if (from < 0) {
            throw new IllegalArgumentException("no text in " + data);
        }
        from += TEXT.length();
        StringBuilder text = new StringBuilder(data.length() - from);
        int at = from;
        while (at < data.length() && data.charAt(at) != '"') {
            int plain = at;
            while (at < data.length() && data.charAt(at) != '"' && data.charAt(at) != '\\') {
                at++;
            }
            text.append(data, plain, at);
            if (at + 1 < data.length() && data.charAt(at) == '\\') {
                at = escaped(data, at + 1, text);
            }
        }
        return text.toString();
    }

    /** Reads one escape behind its backslash; returns where it ends. */
    private static int escaped(String data, int at, StringBuilder text) {
        char kind = data.charAt(at);
        if (kind == 'u') {
            if (at + 5 > data.length()) {
                throw new IllegalArgumentException("cut short: " + data);
            }
            text.append((char) Integer.parseInt(data, at + 1, at + 5, 16));
            return at + 5;
        }
        text.append(
                switch (kind) {
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    case 'b' -> '\b';
                    case 'f' -> '\f';
                    default -> kind;
                });
        return at + 1;
    }

    static long offset(String data) {
        int from = data.lastIndexOf(OFFSET); // behind the text, which may contain anything
        if (from < 0) {
            throw new IllegalArgumentException("no offset in " + data);
        }
        from += OFFSET.length();
        int to = from;
        while (to < data.length() && Character.isDigit(data.charAt(to))) {
            to++;
        }
        return Long.parseLong(data, from, to, 10);
    }
}
