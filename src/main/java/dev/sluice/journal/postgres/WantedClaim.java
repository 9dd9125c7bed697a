package dev.sluice.journal.postgres;

import dev.sluice.journal.WorkQueue.Demand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/** The parameters of a claim, and the number by which its jobs are found if it is in doubt. */
final class WantedClaim {

    /** The most lanes of a route that a claim looks at while {@link Heads} are needed. */
    private static final int MOST_LANES = 1_024;

    private static final long NEVER = Long.MAX_VALUE;

    final String[] routes;

    /** The routes with a limit of the cluster. */
    final String[] limited;

    final long lease;
    final long number = ThreadLocalRandom.current().nextLong();
    final AtomicBoolean asking = new AtomicBoolean();
    volatile long lostAt;
    volatile long askAt;

    private final Integer[] rooms;
    private final Integer[] limits;
    private final Integer[] retries;
    private final Integer[] depths;
    private final String[] heldRoutes;
    private final Long[] heldCallers;

    WantedClaim(Map<String, Demand> demand, Duration lease, HeldCallers held) {
        int many = demand.size();
        routes = new String[many];
        rooms = new Integer[many];
        limits = new Integer[many];
        retries = new Integer[many];
        depths = new Integer[many];
        List<String> some = new ArrayList<>();
        List<String> heldOf = new ArrayList<>();
        List<Long> callers = new ArrayList<>();
        int i = 0;
        for (Map.Entry<String, Demand> entry : demand.entrySet()) {
            String route = entry.getKey();
            Demand asked = entry.getValue();
            routes[i] = route;
            rooms[i] = asked.room();
            limits[i] = asked.limit();
            retries[i] = asked.retries();
            depths[i] = held.depth(route, asked);
            for (Long caller : asked.held()) {
                heldOf.add(route);
                callers.add(caller);
            }
            if (asked.limit() != Integer.MAX_VALUE) {
                some.add(route);
            }
            i++;
        }
        this.limited = some.toArray(String[]::new);
        this.heldRoutes = heldOf.toArray(String[]::new);
        this.heldCallers = callers.toArray(Long[]::new);
        this.lease = lease.toMillis();
    }

    /**
     * The parameters of one statement.
     *
     * @param begun of the heads
     * @param cut the routes of which only some of the known lanes are looked at, with the turn of the last of them
     */
    record Sent(Object[] parameters, Heads.Begun begun, Map<String, Long> cut) {}

    /**
     * Makes the parameters of the statement.
     *
     * @param anyway whether it starts jobs although something is in the way
     * @param looks whether it looks for jobs to bring back
     */
    Sent parameters(boolean anyway, boolean looks, Heads heads, Turns turns, long nextLook) {
        Heads.Begun begun = heads.begin();
        Long[] last = new Long[routes.length];
        Map<String, Long> cut = new HashMap<>();
        List<Heads.From> offered = new ArrayList<>();
        for (int i = 0; i < routes.length; i++) {
            last[i] = turns.last(routes[i]);
            if (begun.bounded()) {
                List<Heads.From> some = heads.of(routes[i], last[i], MOST_LANES);
                offered.addAll(some);
                if (some.size() == MOST_LANES) {
                    cut.put(routes[i], some.get(MOST_LANES - 1).lane().turn());
                }
            }
        }
        Positions.LaneHeads lanes = Positions.LaneHeads.of(offered);
        Object[] parameters = {
            routes,
            rooms,
            limits,
            anyway,
            lease,
            number,
            last,
            begun.bounded(),
            anyway || begun.bounded() ? NEVER : nextLook,
            retries,
            heldRoutes,
            heldCallers,
            lanes.routes(),
            looks && !anyway,
            depths,
            lanes.turns(),
            lanes.ranks()
        };
        return new Sent(parameters, begun, cut);
    }

    /** The parameters that find the jobs that it started. */
    Object[] adopted() {
        return new Object[] {routes, number, lease};
    }

    /** The parameters that find the jobs to bring back. */
    Object[] released() {
        return new Object[] {routes, heldRoutes, heldCallers};
    }

    /** Returns the room of a route. */
    int room(String route) {
        for (int i = 0; i < routes.length; i++) {
            if (routes[i].equals(route)) {
                return rooms[i];
            }
        }
        return 0;
    }
}
