package dev.sluice.http;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/**
 * What the value of {@code Content-Type} says of a body (RFC 9110, 8.3).
 *
 * <p>Where parameters and ranges matter this is Spring's {@link MediaType}. The rest is kept by hand: it is asked of each
 * response of a backend, of which many are malformed, for which Spring throws, and wants type and subtype only.
 */
public final class MediaTypes {

    private static final Set<String> STREAMS = Set.of("text/event-stream", "application/x-ndjson");
    private static final Pattern TEXT =
            Pattern.compile("text/.*|application/(.*\\+)?(json|xml)|application/(x-)?(ndjson|jsonl|json-lines)");
    private static final Pattern LINES = Pattern.compile("application/(x-)?(ndjson|jsonl|json-lines|jsonlines)");
    private static final Pattern OTHER_CHARSET = Pattern.compile(";\\s*charset\\s*=\\s*+\"?+(?!utf-?8|us-ascii)");

    private MediaTypes() {}

    /** The media type as an object; null if it is malformed. */
    public static @Nullable MediaType parse(String contentType) {
        try {
            return MediaType.parseMediaType(contentType);
        } catch (InvalidMediaTypeException e) {
            return null;
        }
    }

    /** Type and subtype in lower case, without parameters. */
    public static String essence(String contentType) {
        int semicolon = contentType.indexOf(';');
        String essence = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
        return essence.strip().toLowerCase(Locale.ROOT);
    }

    /** Whether it is that of a stream, of which each piece is of use by itself. */
    public static boolean isStream(String contentType) {
        return STREAMS.contains(essence(contentType));
    }

    /** Whether it is that of server-sent events. */
    public static boolean isEventStream(String contentType) {
        return essence(contentType).equals("text/event-stream");
    }

    /** Whether it is that of JSON values, one a line. */
    public static boolean isLines(String contentType) {
        return LINES.matcher(essence(contentType)).matches();
    }

    /** Whether it is text in UTF-8, or in ASCII, which is part of that. */
    public static boolean isUtf8Text(String contentType) {
        return TEXT.matcher(essence(contentType)).matches()
                && !OTHER_CHARSET.matcher(contentType.toLowerCase(Locale.ROOT)).find();
    }
}
