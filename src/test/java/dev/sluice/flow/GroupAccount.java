package dev.sluice.flow;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What became of a group to which all jobs of a {@link Ledger} belong, and those whose 202 no client saw. */
final class GroupAccount {

    private static final Set<String> FINAL = Set.of("succeeded", "failed", "cancelled");

    private final Client client;
    private final String id;
    private final List<String> complaints = new ArrayList<>();

    private GroupAccount(Client client, String id) {
        this.client = client;
        this.id = id;
    }

    /** Creates a group. */
    static String open(Client client) {
        return client.call("POST", "/groups", "")
                .block(Client.LIMIT)
                .json()
                .path("id")
                .asString();
    }

    /** Closes the group, waits until it is finished, and says what is wrong with it. */
    static List<String> complaints(Client client, String id, Ledger ledger) {
        GroupAccount account = new GroupAccount(client, id);
        client.call("POST", "/groups/" + id + "/close", "").block(Client.LIMIT);
        List<Client.Event> events = Client.parse(client.get("/groups/" + id + "/events?from=start")
                .block(Client.LIMIT)
                .body()); // ends with the group
        JsonNode group = client.get("/groups/" + id).block(Client.LIMIT).json();
        Map<String, String> members = account.members();
        account.checkCounts(group, members);
        account.checkEvents(events, members);
        for (Ledger.Accepted accepted : ledger.accepted) {
            if (!members.containsKey(accepted.job())) {
                account.complaints.add(accepted + " is not in its group");
            }
        }
        return account.complaints;
    }

    private Map<String, String> members() {
        Map<String, String> states = new HashMap<>();
        String next = "/groups/" + id + "/jobs?limit=100";
        while (!next.isEmpty()) {
            JsonNode page = client.get(next).block(Client.LIMIT).json();
            for (JsonNode job : page.path("jobs")) {
                if (states.put(job.path("id").asString(), job.path("state").asString()) != null) {
                    complaints.add("listed twice: " + job);
                }
            }
            String cursor = page.path("next").asString("");
            next = cursor.isEmpty() ? "" : "/groups/" + id + "/jobs?limit=100&cursor=" + cursor;
        }
        return states;
    }

    private void checkCounts(JsonNode group, Map<String, String> members) {
        if (!group.path("state").asString().equals("finished")) {
            complaints.add("not finished: " + group);
        }
        JsonNode counts = group.path("jobs");
        if (counts.path("total").asInt() != members.size()) {
            complaints.add(members.size() + " jobs are in " + group);
        }
        for (String state : FINAL) {
            long there = members.values().stream().filter(state::equals).count();
            if (counts.path(state).asLong() != there) {
                complaints.add(there + " jobs have " + state + " in " + group);
            }
        }
    }

    /** Each job is told from its first event to its last, without a gap; the group from its creation to its end. */
    private void checkEvents(List<Client.Event> events, Map<String, String> members) {
        Map<String, Integer> last = new HashMap<>();
        Set<String> ended = new HashSet<>();
        List<String> changes = new ArrayList<>();
        for (Client.Event event : events) {
            JsonNode data = event.json();
            if (event.name().equals("group")) {
                changes.add(data.path("change").asString());
                continue;
            }
            String job = data.path("job").asString();
            int seq = data.path("seq").asInt();
            if (seq != last.getOrDefault(job, 0) + 1 || ended.contains(job)) {
                complaints.add("told after number " + last.get(job) + ": " + event);
            }
            last.put(job, seq);
            if (FINAL.contains(event.name())) {
                ended.add(job);
            }
        }
        if (!changes.equals(List.of("created", "closed", "finished"))) {
            complaints.add("the group was " + changes);
        }
        if (!ended.equals(members.keySet())) {
            complaints.add(ended.size() + " ends were told of " + members.size() + " jobs");
        }
    }
}
