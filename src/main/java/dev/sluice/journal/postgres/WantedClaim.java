package dev.sluice.journal.postgres;

import dev.sluice.journal.PerTurn;
import dev.sluice.journal.WorkQueue.Demand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The parameters of a claim. */
final class WantedClaim {

    /** The most lanes of a route that a claim looks at while {@link Heads} are needed. */
    private static final int MOST_LANES = 1_024;

    private static final long NEVER = Long.MAX_VALUE;

    final String[] routes;

    /** The routes with a limit of the cluster. */
    final String[] limited;

    final long lease;
    final DoubtfulClaim doubtful;

    private final Integer[] rooms;
    private final Integer[] limits;
    private final Integer[] retries;
    private final Integer[] depths;
    private final String[] heldRoutes;
    private final Long[] heldCallers;
    private final Integer[] ofEachTurn;
    private final String[] routesOfNamedTurns;
    private final Long[] namedTurns;
    private final Integer[] ofTurns;
    private final boolean selective;

    WantedClaim(Map<String, Demand> demand, Duration lease, HeldCallers held) {
        int many = demand.size();
        routes = new String[many];
        rooms = new Integer[many];
        limits = new Integer[many];
        retries = new Integer[many];
        depths = new Integer[many];
        ofEachTurn = new Integer[many];
        List<String> some = new ArrayList<>();
        List<String> heldOf = new ArrayList<>();
        List<Long> callers = new ArrayList<>();
        List<String> namedOf = new ArrayList<>();
        List<Long> named = new ArrayList<>();
        List<Integer> most = new ArrayList<>();
        boolean capped = false;
        int i = 0;
        for (Map.Entry<String, Demand> entry : demand.entrySet()) {
            String route = entry.getKey();
            Demand asked = entry.getValue();
            routes[i] = route;
            rooms[i] = asked.room();
            limits[i] = asked.limit();
            retries[i] = asked.retries();
            capped |= asked.retries() < asked.room();
            depths[i] = held.depth(route, asked);
            for (Long caller : asked.held()) {
                heldOf.add(route);
                callers.add(caller);
            }
            PerTurn perTurn = asked.perTurn();
            ofEachTurn[i] = perTurn.each();
            capped |= perTurn.each() < asked.room();
            perTurn.others().forEach((turn, jobs) -> {
                namedOf.add(route);
                named.add(turn);
                most.add(jobs);
            });
            if (asked.limit() != Integer.MAX_VALUE) {
                some.add(route);
            }
            i++;
        }
        this.limited = some.toArray(String[]::new);
        this.heldRoutes = heldOf.toArray(String[]::new);
        this.heldCallers = callers.toArray(Long[]::new);
        this.routesOfNamedTurns = namedOf.toArray(String[]::new);
        this.namedTurns = named.toArray(Long[]::new);
        this.ofTurns = most.toArray(Integer[]::new);
        this.selective = capped || !callers.isEmpty() || !named.isEmpty();
        this.lease = lease.toMillis();
        this.doubtful = new DoubtfulClaim(routes, this.lease);
    }

    /**
     * One statement and its parameters.
     *
     * @param inTurns whether it is the one for routes whose jobs differ
     * @param begun of the heads
     * @param cut the routes of which only some of the known lanes are looked at, with the turn of the last of them
     */
    record Sent(String sql, Object[] parameters, boolean inTurns, Heads.Begun begun, Map<String, Long> cut) {}

    /**
     * Makes the statement for routes whose jobs do not differ, as far as is known; otherwise the other.
     *
     * @param anyway whether it starts jobs although something is in the way
     * @param nextLook from which time on it looks for expired leases
     */
    Sent statement(boolean anyway, Heads heads, Turns turns, MixedRoutes mixed, BooleanSupplier looks, long nextLook) {
        Heads.Begun begun = heads.begin();
        if (selective || begun.bounded() || mixed.areAmong(routes)) {
            return inTurns(anyway, begun, heads, turns, !anyway && looks.getAsBoolean(), nextLook);
        }
        Object[] parameters = {routes, rooms, limits, anyway, lease, doubtful.number, anyway ? NEVER : nextLook};
        return new Sent(ClaimSql.CLAIM, parameters, false, begun, Map.of());
    }

    private Sent inTurns(boolean anyway, Heads.Begun begun, Heads heads, Turns turns, boolean looks, long nextLook) {
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
            doubtful.number,
            last,
            begun.bounded(),
            anyway || begun.bounded() ? NEVER : nextLook,
            retries,
            heldRoutes,
            heldCallers,
            lanes.routes(),
            looks,
            depths,
            lanes.turns(),
            lanes.ranks(),
            routesOfNamedTurns,
            namedTurns,
            ofTurns,
            ofEachTurn
        };
        return new Sent(ClaimSql.CLAIM_IN_TURNS, parameters, true, begun, cut);
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
