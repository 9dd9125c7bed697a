package dev.sluice.route;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Header fields that are added and dropped. Fields of the client are dropped before any are added, so that a name in both lists
 * is replaced.
 *
 * @param addRequest fields added to the request, spelled and ordered as in the file
 * @param dropRequest names of request fields that are dropped, in lower case
 * @param dropResponse names of response fields that are dropped, in lower case
 */
public record HeaderRules(Map<String, String> addRequest, Set<String> dropRequest, Set<String> dropResponse) {

    public static final HeaderRules NONE = new HeaderRules(Map.of(), Set.of(), Set.of());

    public HeaderRules {
        addRequest = Collections.unmodifiableMap(new LinkedHashMap<>(addRequest));
        dropRequest = Set.copyOf(dropRequest);
        dropResponse = Set.copyOf(dropResponse);
    }

    /** Whether the request field is dropped. */
    public boolean dropsRequest(String name) {
        return !dropRequest.isEmpty() && dropRequest.contains(name.toLowerCase(Locale.ROOT));
    }

    /** Whether the response field is dropped. */
    public boolean dropsResponse(String name) {
        return !dropResponse.isEmpty() && dropResponse.contains(name.toLowerCase(Locale.ROOT));
    }
}
