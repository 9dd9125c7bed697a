package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Wire.Reply;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Takes what a connection said apart, strictly: whatever is not exactly HTTP/1.1 fails. */
final class Answers {

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] [1-5][0-9][0-9] [ -~]*");
    private static final Pattern FIELD =
            Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?([!-~\\x80-\\xff]([ -~\\x80-\\xff]*[!-~\\x80-\\xff])?)?");

    private final byte[] bytes;
    private final boolean cut;
    private final boolean heads;
    private int at;

    private Answers(byte[] bytes, boolean cut, boolean heads) {
        this.bytes = bytes;
        this.cut = cut;
        this.heads = heads;
    }

    /**
     * All answers, in order; one that is cut off only if its head is whole.
     *
     * @param heads whether some may be answers to HEAD
     */
    static List<Reply> of(Talk.Heard heard, boolean heads) {
        return new Answers(heard.bytes(), heard.cut(), heads).all();
    }

    private List<Reply> all() {
        List<Reply> all = new ArrayList<>();
        while (at < bytes.length) {
            Reply next = next();
            if (next == null) {
                assertThat(cut).as("an answer is cut off").isTrue();
                return all;
            }
            all.add(next);
        }
        return all;
    }

    private Reply next() {
        String status = line();
        if (status == null) {
            return null;
        }
        assertThat(status).matches(STATUS_LINE);
        List<String> fields = new ArrayList<>();
        for (String line = line(); line == null || !line.isEmpty(); line = line()) {
            if (line == null) {
                return null;
            }
            assertThat(line).matches(FIELD);
            int colon = line.indexOf(':');
            fields.add(line.substring(0, colon));
            fields.add(line.substring(colon + 1).strip());
        }
        Reply head = new Reply(Integer.parseInt(status.substring(9, 12)), fields, new byte[0]);
        return new Reply(head.status(), fields, body(head));
    }

    private byte[] body(Reply head) {
        int status = head.status();
        List<String> lengths = head.all("Content-Length");
        List<String> codings = head.all("Transfer-Encoding");
        assertThat(lengths.size() + codings.size())
                .as("what says where an answer ends")
                .isLessThan(2);
        if (status < 200
                || status == 204
                || status == 304
                || (heads && (at == bytes.length || startsWith("HTTP/1.")))) {
            return new byte[0];
        } else if (!codings.isEmpty()) {
            assertThat(codings).containsExactly("chunked");
            return chunks();
        }
        int length = lengths.isEmpty() ? bytes.length - at : Integer.parseInt(lengths.get(0));
        if (lengths.isEmpty()) {
            assertThat(head.field("Connection")).isEqualTo("close");
        }
        return exactly(length);
    }

    private byte[] chunks() {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            String size = line();
            if (size == null) {
                assertThat(cut).as("a chunked answer is cut off").isTrue();
                return body.toByteArray();
            }
            int length = Integer.parseInt(size, 16);
            if (length == 0) {
                for (String line = line(); line != null && !line.isEmpty(); line = line()) {
                    assertThat(line).matches(FIELD);
                }
                return body.toByteArray();
            }
            body.writeBytes(exactly(length));
            assertThat(line()).isIn("", cut ? null : "");
        }
    }

    private byte[] exactly(int length) {
        int end = Math.min(bytes.length, at + length);
        assertThat(cut || end - at == length)
                .as("the body of an answer is cut off")
                .isTrue();
        byte[] body = Arrays.copyOfRange(bytes, at, end);
        at = end;
        return body;
    }

    /** The next line without its end; null if there is no whole one. */
    private String line() {
        for (int i = at; i + 1 < bytes.length; i++) {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
                String line = new String(bytes, at, i - at, ISO_8859_1);
                at = i + 2;
                return line;
            }
        }
        at = bytes.length;
        return null;
    }

    private boolean startsWith(String text) {
        return at + text.length() <= bytes.length && new String(bytes, at, text.length(), ISO_8859_1).equals(text);
    }
}
