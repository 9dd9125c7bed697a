package dev.sluice.loadtest.load;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What is posted: JSON of a given size, 256 bytes unless something else is measured. */
public final class Bodies {

    public static final int USUAL = 256;

    private static final String FRAME = "{\"report\":\"q3\",\"text\":\"\"}";

    private Bodies() {}

    /** JSON of exactly so many bytes, at least 25. */
    public static byte[] json(int size) {
        return ("{\"report\":\"q3\",\"text\":\"" + "x".repeat(Math.max(0, size - FRAME.length())) + "\"}")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** A request of HTTP/1.1 that posts it. */
    public static byte[] post(URI base, String target, byte[] json) {
        return post(base, target, json, Map.of());
    }

    /** The same with more headers. */
    public static byte[] post(URI base, String target, byte[] json, Map<String, String> headers) {
        StringBuilder more = new StringBuilder();
        headers.forEach(
                (name, value) -> more.append(name).append(": ").append(value).append("\r\n"));
        String head = "POST " + target + " HTTP/1.1\r\nHost: " + base.getAuthority() + "\r\n" + more
                + "Content-Type: application/json\r\nContent-Length: " + json.length + "\r\n\r\n";
        byte[] bytes = java.util.Arrays.copyOf(head.getBytes(StandardCharsets.US_ASCII), head.length() + json.length);
        System.arraycopy(json, 0, bytes, head.length(), json.length);
        return bytes;
    }

    /** A request of HTTP/1.1 without a body. */
    public static byte[] get(URI base, String target) {
        return ("GET " + target + " HTTP/1.1\r\nHost: " + base.getAuthority() + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
