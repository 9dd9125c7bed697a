package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** A request before it is put into bytes: valid to begin with, then spoiled part by part. */
final class Draft {

    String method = "GET";
    String target = "/";
    String version = "HTTP/1.1";
    String lineEnd = "\r\n";
    byte[] body = new byte[0];
    boolean chunked;

    /** Lines behind the request line, each without its end. */
    final List<String> fields = new ArrayList<>();

    Draft with(String name, String value) {
        fields.add(name + ": " + value);
        return this;
    }

    byte[] bytes() {
        StringBuilder head = new StringBuilder(method).append(' ').append(target);
        if (!version.isEmpty()) {
            head.append(' ').append(version);
        }
        head.append(lineEnd);
        fields.forEach(field -> head.append(field).append(lineEnd));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(head.append(lineEnd).toString().getBytes(ISO_8859_1));
        out.writeBytes(body);
        return out.toByteArray();
    }
}
