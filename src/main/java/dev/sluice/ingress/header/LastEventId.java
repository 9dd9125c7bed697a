package dev.sluice.ingress.header;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where a reader of server-sent events resumes: the field {@code Last-Event-ID}, or a query parameter that says the same. */
public final class LastEventId {

    private static final String FIELD = "Last-Event-ID";

    /** Those in which clients that set no fields say the same. */
    private static final String[] PARAMETERS = {"last_event_id", "lastEventId", "lastEventID"};

    private LastEventId() {}

    /**
     * The id that the reader saw last; null if it says none.
     *
     * @param parameters the query parameters, by name
     */
    public static @Nullable String of(HttpHeaders fields, Function<String, @Nullable String> parameters) {
        String id = fields.get(FIELD);
        for (int i = 0; id == null && i < PARAMETERS.length; i++) {
            id = parameters.apply(PARAMETERS[i]);
        }
        return id;
    }
}
