package dev.sluice.representation;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Encodes groups and their events as JSON in UTF-8, on one line, in the manner of {@link JobJson}. Immutable. */
public final class GroupJson {

    private final GroupLinks links;

    public GroupJson(GroupLinks links) {
        this.links = links;
    }

    /** An encoder whose links are those behind a path prefix. */
    public GroupJson behind(String prefix) {
        return prefix.equals(links.prefix()) ? this : new GroupJson(links.behind(prefix));
    }

    /** Where groups are found. */
    public GroupLinks links() {
        return links;
    }

    /**
     * The group as {@code GET} shows it.
     *
     * @param finishAt when it is expected to finish if no more jobs join it; null if that is unknown
     */
    public byte[] group(Group group, @Nullable Instant finishAt) {
        JsonWriter json = new JsonWriter().begin();
        members(json, group, finishAt);
        return json.end().bytes();
    }

    /** The data of an event of the group itself. */
    public byte[] event(GroupEvent.OfGroup event) {
        JsonWriter json = new JsonWriter()
                .begin()
                .plain("change", event.change().text())
                .member("at", event.at())
                .begin("group");
        members(json, event.group(), null);
        return json.end().end().bytes();
    }

    /** The data of the event that a stream without a history begins with: the group as it stands. */
    public byte[] summary(Group group) {
        JsonWriter json = new JsonWriter().begin().begin("group");
        members(json, group, null);
        return json.end().end().bytes();
    }

    private void members(JsonWriter json, Group group, @Nullable Instant finishAt) {
        String self = links.self(group.id());
        json.plain("id", group.id().toString());
        if (group.spec().label() != null) {
            json.member("label", group.spec().label());
        }
        json.plain("state", group.state().name().toLowerCase(Locale.ROOT))
                .member("createdAt", group.spec().createdAt());
        if (group.closedAt() != null) {
            json.member("closedAt", group.closedAt());
        }
        if (group.finishedAt() != null) {
            json.member("finishedAt", group.finishedAt());
        }
        if (group.expiresAt() != null) {
            json.member("expiresAt", group.expiresAt());
        }
        if (group.spec().size() > 0) {
            json.member("size", group.spec().size());
        }
        Group.Counts counts = group.counts();
        json.begin("jobs")
                .member("total", counts.total())
                .member("queued", counts.queued())
                .member("running", counts.running())
                .member("succeeded", counts.succeeded())
                .member("failed", counts.failed())
                .member("cancelled", counts.cancelled())
                .end();
        double percent = percent(group);
        if (percent >= 0) {
            json.member("percent", percent);
        }
        if (finishAt != null) {
            json.begin("estimate").member("finishAt", finishAt).end();
        }
        json.begin("links")
                .plain("self", self)
                .plain("events", self, "/events")
                .plain("jobs", self, "/jobs")
                .end();
    }

    /** How many of the jobs, those that are still to join included if their number is known, are finished; -1 without jobs. */
    private static double percent(Group group) {
        if (group.finishedAt() != null) {
            return 100;
        }
        long total = group.counts().total();
        long expected = group.closedAt() == null ? Math.max(total, group.spec().size()) : total;
        return expected == 0 ? -1 : 100.0 * group.counts().finished() / expected;
    }
}
