package dev.sluice.journal;

import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import dev.sluice.job.JobRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which fields of a request are credentials. They are stored apart from it and go with the end of its job; at their place in
 * the stored request stands a value that no field of a message can have, so that they come back in the order in which they
 * were sent, and so that it is known of a request without them that it had some.
 */
public final class Credentials {

    private static final String APART = "\0"; // refused in every field that comes in

    private final Set<String> everywhere;

    /**
     * Takes these fields for credentials.
     *
     * @param everywhere names of fields, on every route
     */
    public Credentials(Collection<String> everywhere) {
        this.everywhere = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        this.everywhere.addAll(everywhere);
    }

    /**
     * A request and its credentials.
     *
     * @param request with the places of the credentials, without their values
     * @param credentials in the order of their places
     */
    public record Split(JobRequest request, Headers credentials) {}

    /**
     * Takes a request apart.
     *
     * @param further names of the fields that are credentials too on the request's route, in lower case
     */
    public Split split(JobRequest whole, Set<String> further) {
        List<Header> fields = new ArrayList<>();
        List<Header> credentials = new ArrayList<>();
        for (Header field : whole.headers().fields()) {
            if (everywhere.contains(field.name())
                    || further.contains(field.name().toLowerCase(Locale.ROOT))) {
                credentials.add(field);
                fields.add(new Header(field.name(), APART));
            } else {
                fields.add(field);
            }
        }
        return credentials.isEmpty()
                ? new Split(whole, Headers.NONE)
                : new Split(with(whole, fields), new Headers(credentials));
    }

    /** Puts a request together again. What is left of the places has no credentials any more. */
    public static JobRequest together(JobRequest request, Headers credentials) {
        if (credentials.fields().isEmpty()) {
            return request;
        }
        Queue<Header> next = new ArrayDeque<>(credentials.fields());
        List<Header> fields = new ArrayList<>();
        for (Header field : request.headers().fields()) {
            Header credential = isApart(field) ? next.poll() : null;
            fields.add(credential == null ? field : credential);
        }
        return with(request, fields);
    }

    /** Whether the request was sent with credentials that are gone. */
    public static boolean areGone(JobRequest request) {
        return request.headers().fields().stream().anyMatch(Credentials::isApart);
    }

    /** The request without the places of credentials that are gone. */
    public static JobRequest without(JobRequest request) {
        return !areGone(request)
                ? request
                : with(
                        request,
                        request.headers().fields().stream()
                                .filter(field -> !isApart(field))
                                .toList());
    }

    private static boolean isApart(Header field) {
        return field.value().equals(APART);
    }

    private static JobRequest with(JobRequest request, List<Header> fields) {
        return new JobRequest(request.method(), request.target(), new Headers(fields), request.origin());
    }
}
