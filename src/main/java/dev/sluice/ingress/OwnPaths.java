package dev.sluice.ingress;

/**
 * The paths of the public listener that belong to the gateway and to no route.
 *
 * @param jobs below which jobs are
 * @param groups where groups are created, and below which they are
 */
record OwnPaths(String jobs, String groups) {

    static OwnPaths of(IngressProperties properties) {
        return new OwnPaths(properties.jobsPath(), properties.groupsPath());
    }

    boolean isOfJobs(String path) {
        return isBelow(jobs, path);
    }

    boolean isOfGroups(String path) {
        return isAllGroups(path) || isBelow(groups, path);
    }

    /** Whether it is the path to which one posts to create a group. */
    boolean isAllGroups(String path) {
        return path.equals(groups);
    }

    private static boolean isBelow(String above, String path) {
        return path.length() > above.length() && path.charAt(above.length()) == '/' && path.startsWith(above);
    }
}
