package dev.sluice.route;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Header fields of a route that are added and left out. What is dropped from a request is what the client sent, before
 * anything is added: a name that is in both is replaced.
 *
 * @param addRequest fields that the backend gets in addition, spelled and ordered as in the file
 * @param dropRequest names of fields that the backend does not get, in lower case
 * @param dropResponse names of fields that the client does not get, in lower case
 */
public record HeaderRules(Map<String, String> addRequest, Set<String> dropRequest, Set<String> dropResponse) {

    public static final HeaderRules NONE = new HeaderRules(Map.of(), Set.of(), Set.of());

    public HeaderRules {
        addRequest = Collections.unmodifiableMap(new LinkedHashMap<>(addRequest));
        dropRequest = Set.copyOf(dropRequest);
        dropResponse = Set.copyOf(dropResponse);
    }

    /** Whether the backend does not get this field of the client's. */
    public boolean dropsRequest(String name) {
        return !dropRequest.isEmpty() && dropRequest.contains(name.toLowerCase(Locale.ROOT));
    }

    /** Whether the client does not get this field of the backend's. */
    public boolean dropsResponse(String name) {
        return !dropResponse.isEmpty() && dropResponse.contains(name.toLowerCase(Locale.ROOT));
    }
}
