package dev.sluice.demo;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The default body, which describes the request. Written by hand, because load tests share the processor with it. */
final class Echo {

    private Echo() {}

    static String json(String method, String target, @Nullable String job, int attempt, long size) {
        StringBuilder out = new StringBuilder(160);
        out.append("{\"method\":");
        quote(out, method);
        out.append(",\"target\":");
        quote(out, target);
        if (job != null) {
            out.append(",\"job\":");
            quote(out, job);
        }
        return out.append(",\"attempt\":")
                .append(attempt)
                .append(",\"size\":")
                .append(size)
                .append("}\n")
                .toString();
    }

    /** A JSON string in ASCII (RFC 8259, section 7). */
    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                out.append("\\u").append(HexFormat.of().toHexDigits(c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
