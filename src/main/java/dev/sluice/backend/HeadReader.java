package dev.sluice.backend;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the heads of responses, one after the other: a status line, fields, an empty line. */
final class HeadReader {

    private static final String BEGIN = "HTTP/1.";
    /** A reason phrase may contain any byte, including line separators of other charsets. */
    private static final Pattern STATUS_LINE =
            Pattern.compile("HTTP/1\\.(\\d)[ \\t]+(\\d{3})(?:[ \\t\\r].*)?", Pattern.DOTALL);

    private final Lines lines;
    private @Nullable Matcher status;
    private ResponseFields fields = new ResponseFields();

    HeadReader(Lines lines) {
        this.lines = lines;
    }

    /** Begins the next head. */
    void begin() {
        lines.begin();
        status = null;
        fields = new ResponseFields();
    }

    /** Whether the next bytes cannot begin a response; empty lines before one are tolerated. */
    static boolean isSomethingElse(ByteBuf in) {
        int at = in.readerIndex();
        while (at < in.writerIndex() && (in.getByte(at) == '\r' || in.getByte(at) == '\n')) {
            at++;
        }
        for (int i = 0; i < BEGIN.length() && at + i < in.writerIndex(); i++) {
            if (in.getByte(at + i) != BEGIN.charAt(i)) {
                return true;
            }
        }
        return false;
    }

    /**
     * The head, if it is complete; else null, and what has arrived of it is kept.
     *
     * @throws BackendFailure if it is malformed or too large
     */
    @Nullable
    HttpResponse read(ByteBuf in) {
        for (String line = lines.next(in); line != null; line = lines.next(in)) {
            if (status == null) {
                status = status(line);
            } else if (line.isEmpty()) {
                return response(status);
            } else {
                fields.add(line);
            }
        }
        return null;
    }

    private static @Nullable Matcher status(String line) {
        if (line.isEmpty()) {
            return null;
        }
        Matcher matcher = STATUS_LINE.matcher(line);
        if (!matcher.matches()) {
            throw BackendFailure.notHttp();
        }
        return matcher;
    }

    private HttpResponse response(Matcher line) {
        boolean old = line.group(1).equals("0");
        int code = Integer.parseInt(line.group(2));
        return new DefaultHttpResponse(
                old ? HttpVersion.HTTP_1_0 : HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(code), fields.end());
    }
}
