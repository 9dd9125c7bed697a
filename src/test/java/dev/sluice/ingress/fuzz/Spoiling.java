package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;

/** What makes a valid request less so: parts that are wrong in a way that somebody thought of. */
final class Spoiling {

    private static final String[] METHODS = {
        "get", "G\tET", "", "CONNECT", "PRI", "A".repeat(300), "GE/T", "\u00e9", "POST "
    };
    private static final String[] VERSIONS = {
        "",
        "HTTP/0.9",
        "HTTP/1.0",
        "HTTP/1.2",
        "HTTP/2.0",
        "HTTP/3",
        "http/1.1",
        "HTTP/1.1 x",
        "HTTP/11",
        "HTTX/1.1",
        "HTTP/-1.1"
    };
    private static final String[] PATH_PARTS = {
        "/../",
        "/./",
        "/%2e%2e/",
        "/.%2E/",
        "/..;x/",
        "/..%2f",
        "%5c..%5c",
        "\\..\\",
        "/%252e%252e/",
        "/%c0%ae%c0%ae/",
        "%00",
        "%",
        "%4",
        "%zz",
        "%0d%0aX-Injected:%201",
        "\rX-Injected: 1",
        "#x",
        "//",
        "\u00e9",
        "\t",
        " ",
        "?",
        "%uff0e"
    };
    private static final String[] LENGTHS = {
        "-1",
        "+5",
        "0x5",
        "5, 5",
        "5, 6",
        "5;",
        "",
        " ",
        "99999999999999999999",
        "9223372036854775807",
        "4294967296",
        "1 2",
        "007",
        "\u0665"
    };
    private static final String[] CODINGS = {
        "chunked, chunked",
        "identity",
        "gzip",
        "gzip, chunked",
        "chunked, gzip",
        "\tchunked",
        "chunked ",
        "xchunked",
        "Chunked",
        "\"chunked\"",
        "chunked;q=1",
        "",
        ",chunked",
        "chunked\u000b",
        "chunked\0"
    };
    private static final String[] LINES = {
        " folded: more",
        "\tfolded",
        "No colon",
        "Spaced : x",
        ": empty",
        "X\0: y",
        "X: a\0b",
        "X: a\rX-Injected: 1",
        "X: a\nX-Injected: 1",
        "X(y): z",
        "\u00e9: x",
        "X: \u00e9\u00ff",
        "Host: other.example",
        "Host:",
        "Host: a\"b",
        "Host : x",
        "Transfer-Encoding : chunked",
        "Content-Length\u00a0: 3",
        "Connection: close, x",
        "Content-Length: 3"
    };
    private static final String[] CHUNK_SIZES = {
        "-1",
        "ffffffff",
        "7fffffffffffffff",
        "fffffffffffffffff",
        "0x1",
        "",
        " 1",
        "1 ",
        "1;",
        "g",
        "1\n",
        "+1",
        "1;a=\"",
        "00000001"
    };

    private static final List<BiConsumer<Draft, Random>> WAYS = List.of(
            (draft, random) -> draft.method = any(METHODS, random),
            (draft, random) -> draft.version = any(VERSIONS, random),
            (draft, random) -> draft.target = inserted(draft.target, any(PATH_PARTS, random), random),
            (draft, random) -> draft.target = "http://other.example" + draft.target,
            (draft, random) ->
                    draft.target = any(new String[] {"*", "g:443", "x", "ftp://a/b", "http://", "//a/b"}, random),
            (draft, random) -> draft.target += "a".repeat(random.nextInt(20_000)),
            (draft, random) -> draft.fields.removeIf(field -> field.startsWith("Host")),
            (draft, random) -> add(draft, any(LINES, random), random),
            (draft, random) -> add(draft, any(LINES, random), random),
            (draft, random) -> add(draft, "Content-Length: " + any(LENGTHS, random), random),
            (draft, random) -> add(draft, "Transfer-Encoding: " + any(CODINGS, random), random),
            (draft, random) -> replace(draft, "Content-Length", any(LENGTHS, random)),
            (draft, random) -> replace(draft, "Content-Length", Integer.toString(draft.body.length + 1)),
            (draft, random) -> replace(draft, "Content-Length", Integer.toString(draft.body.length / 2)),
            (draft, random) -> replace(draft, "Transfer-Encoding", any(CODINGS, random)),
            Spoiling::spoilChunk,
            Spoiling::repeatField,
            (draft, random) -> draft.with("X-Long", "x".repeat(random.nextInt(40_000))),
            (draft, random) -> manyFields(draft, random.nextInt(3_000)),
            (draft, random) -> draft.lineEnd = random.nextBoolean() ? "\n" : "\r\r\n");

    private Spoiling() {}

    /** Spoils one part. */
    static void spoil(Draft draft, Random random) {
        WAYS.get(random.nextInt(WAYS.size())).accept(draft, random);
    }

    /** Changes some bytes, whatever they mean. */
    static byte[] spoil(byte[] bytes, Random random) {
        int at = random.nextInt(bytes.length);
        int to = Math.min(bytes.length, at + 1 + random.nextInt(8));
        byte[] piece = Arrays.copyOfRange(bytes, at, to);
        return switch (random.nextInt(6)) {
            case 0 -> spliced(bytes, at, to, new byte[0]);
            case 1 -> spliced(bytes, at, at, piece);
            case 2 -> spliced(bytes, at, at + 1, new byte[] {(byte) (bytes[at] ^ 1 << random.nextInt(8))});
            case 3 -> spliced(bytes, at, at, new byte[] {(byte) random.nextInt(256)});
            case 4 ->
                spliced(
                        bytes,
                        at,
                        at,
                        any(new String[] {"\r", "\n", "\0", "\r\n", "\r\n ", "\r\n\r\n", ":", " "}, random)
                                .getBytes(ISO_8859_1));
            default -> Arrays.copyOf(bytes, at + 1);
        };
    }

    private static void add(Draft draft, String line, Random random) {
        draft.fields.add(random.nextInt(draft.fields.size() + 1), line);
    }

    private static void replace(Draft draft, String name, String value) {
        draft.fields.replaceAll(field -> field.startsWith(name) ? name + ": " + value : field);
    }

    private static void repeatField(Draft draft, Random random) {
        if (!draft.fields.isEmpty()) {
            String field = draft.fields.get(random.nextInt(draft.fields.size()));
            for (int i = random.nextInt(20); i >= 0; i--) {
                draft.fields.add(field);
            }
        }
    }

    private static void manyFields(Draft draft, int count) {
        for (int i = 0; i < count; i++) {
            draft.with("X" + i, "");
        }
    }

    private static void spoilChunk(Draft draft, Random random) {
        if (draft.chunked && draft.body.length > 0) {
            int line = indexOf(draft.body, '\r');
            draft.body = spliced(draft.body, 0, line, any(CHUNK_SIZES, random).getBytes(ISO_8859_1));
        }
    }

    private static String inserted(String text, String piece, Random random) {
        int at = random.nextInt(text.length() + 1);
        return text.substring(0, at) + piece + text.substring(at);
    }

    private static byte[] spliced(byte[] bytes, int from, int to, byte[] instead) {
        byte[] all = new byte[bytes.length - (to - from) + instead.length];
        System.arraycopy(bytes, 0, all, 0, from);
        System.arraycopy(instead, 0, all, from, instead.length);
        System.arraycopy(bytes, to, all, from + instead.length, bytes.length - to);
        return all;
    }

    private static int indexOf(byte[] bytes, char wanted) {
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == wanted) {
                return i;
            }
        }
        return 0;
    }

    private static <T> T any(T[] values, Random random) {
        return values[random.nextInt(values.length)];
    }
}
