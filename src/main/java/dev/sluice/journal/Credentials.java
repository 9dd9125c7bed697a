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

/**
 * Separates the credentials of a request from its other fields. They are stored apart and erased when the job ends. In
 * the stored request each leaves a placeholder, a value that no field of a message can have, so that they can be
 * restored in their original order and so that a request shows that it had credentials.
 */
public final class Credentials {

    private static final String APART = "\0"; // refused in every field that comes in

    /** Searched linearly: the few names differ from most fields in length. */
    private final String[] everywhere;

    /**
     * Creates an instance that treats these fields as credentials.
     *
     * @param everywhere names of fields, on every route
     */
    public Credentials(Collection<String> everywhere) {
        this.everywhere = everywhere.toArray(new String[0]);
    }

    /**
     * A request and its credentials.
     *
     * @param request with placeholders for the credentials
     * @param credentials in the order of their placeholders
     */
    public record Split(JobRequest request, Headers credentials) {}

    /**
     * Splits a request.
     *
     * @param further names of the fields that are credentials too on the request's route, in lower case
     */
    public Split split(JobRequest whole, Set<String> further) {
        List<Header> sent = whole.headers().fields();
        if (!hasOne(sent, further)) {
            return new Split(whole, Headers.NONE); // on the path of every acceptance: allocates nothing
        }
        List<Header> credentials =
                sent.stream().filter(field -> isOne(field, further)).toList();
        List<Header> fields = sent.stream()
                .map(field -> isOne(field, further) ? new Header(field.name(), APART) : field)
                .toList();
        return new Split(with(whole, fields), new Headers(credentials));
    }

    /** Restores a request. Placeholders without a credential remain. */
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

    /** Whether the request was sent with credentials that have been erased. */
    public static boolean areGone(JobRequest request) {
        return request.headers().fields().stream().anyMatch(Credentials::isApart);
    }

    /** Returns the request without the placeholders of erased credentials. */
    public static JobRequest without(JobRequest request) {
        return !areGone(request)
                ? request
                : with(
                        request,
                        request.headers().fields().stream()
                                .filter(field -> !isApart(field))
                                .toList());
    }

    private boolean hasOne(List<Header> fields, Set<String> further) {
        for (Header field : fields) {
            if (isOne(field, further)) {
                return true;
            }
        }
        return false;
    }

    private boolean isOne(Header field, Set<String> further) {
        for (String name : everywhere) {
            if (name.equalsIgnoreCase(field.name())) {
                return true;
            }
        }
        return !further.isEmpty() && further.contains(field.name().toLowerCase(Locale.ROOT));
    }

    private static boolean isApart(Header field) {
        return field.value().equals(APART);
    }

    private static JobRequest with(JobRequest request, List<Header> fields) {
        return new JobRequest(request.method(), request.target(), new Headers(fields), request.origin());
    }
}
