package dev.sluice.route;

import dev.sluice.route.RouteTable.Match;
import dev.sluice.route.RouteTable.RequestHead;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The routes that apply at the moment, which can be replaced while the gateway runs: all of them at once, or none. For any
 * thread; reading is a volatile read. Whoever needs several answers that belong together asks one {@link #table()} for them.
 */
public final class CurrentRoutes {

    private static final Logger LOG = LoggerFactory.getLogger(CurrentRoutes.class);

    private final List<Consumer<RouteTable>> requirements = new CopyOnWriteArrayList<>();
    private final List<Consumer<RouteChange>> followers = new CopyOnWriteArrayList<>();
    private final List<InternalRoute> internal;
    private volatile RouteTable table;

    /** Begins with a table that is known to be usable. */
    public CurrentRoutes(RouteTable table) {
        this(table, List.of());
    }

    /**
     * Begins with a table that is known to be usable.
     *
     * @param internal routes that are added to this table and each later one
     */
    public CurrentRoutes(RouteTable table, List<InternalRoute> internal) {
        this.internal = List.copyOf(internal);
        this.table = table.with(internal);
    }

    /** The table that applies now; it never changes. */
    public RouteTable table() {
        return table;
    }

    /** See {@link RouteTable#match}. */
    public Match match(RequestHead head) {
        return table.match(head);
    }

    /** The route of that id, as it is now. */
    public Optional<Route> byId(String id) {
        return table.byId(id);
    }

    /** All routes in the order of the file, then those of the gateway's own. */
    public Collection<Route> all() {
        return table.all();
    }

    /**
     * Checks the current table, and each later one before it applies.
     *
     * @param requirement throws a {@link ConfigurationException} if it is not met
     */
    public synchronized void require(Consumer<RouteTable> requirement) {
        requirement.accept(table);
        requirements.add(requirement);
    }

    /**
     * Reports the current routes as added, before this method returns, and then each change after it applies, in order and on
     * the thread of the replacement. Must not throw or block.
     */
    public synchronized void follow(Consumer<RouteChange> follower) {
        follower.accept(RouteChange.between(RouteTable.EMPTY, table));
        followers.add(follower);
    }

    /**
     * Replaces the table if it meets all requirements.
     *
     * @throws ConfigurationException naming what is wrong; the current table then still applies
     */
    public synchronized RouteChange replace(RouteTable configured) {
        RouteTable next = configured.with(internal);
        requirements.forEach(requirement -> requirement.accept(next));
        RouteChange change = RouteChange.between(table, next);
        table = next;
        for (Consumer<RouteChange> follower : followers) {
            try {
                follower.accept(change);
            } catch (RuntimeException e) { // the others have to know all the same
                LOG.error("A change of the routes was not followed completely", e);
            }
        }
        return change;
    }
}
