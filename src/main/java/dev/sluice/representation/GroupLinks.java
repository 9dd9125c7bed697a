package dev.sluice.representation;

import dev.sluice.job.GroupId;

/**
 * Where the resources of a group are served. Immutable.
 *
 * @param prefix the path prefix under which a client sees the gateway; empty for none
 * @param groupsPath where groups are served, such as {@code /groups}: visible ASCII without quotes and backslashes
 */
public record GroupLinks(String prefix, String groupsPath) {

    /** The links as seen from behind a proxy that removes a path prefix; empty for none. */
    public GroupLinks behind(String before) {
        return before.equals(prefix) ? this : new GroupLinks(before, groupsPath);
    }

    /** The path of the group itself. */
    public String self(GroupId group) {
        return prefix + groupsPath + "/" + group;
    }
}
