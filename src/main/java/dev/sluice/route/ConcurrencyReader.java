package dev.sluice.route;

import dev.sluice.route.AdmissionPolicy.Mode;
import org.jspecify.annotations.Nullable;

/** Reads the concurrency of a route. */
final class ConcurrencyReader {

    private static final int LEAST = 1;
    private static final int MOST = 256;

    private ConcurrencyReader() {}

    static Concurrency read(RouteKeys keys, RouteProperties from) {
        RouteProperties.ConcurrencyValue value = from.concurrency();
        Integer cluster = value.cluster();
        boolean adaptive = value.min() != null || value.max() != null;
        if (adaptive) {
            String key = value.min() != null ? "concurrency.min" : "concurrency.max";
            Integer bound = value.min() != null ? value.min() : value.max();
            if (cluster != null) {
                throw keys.wrong(
                        key,
                        bound,
                        "one of both: sluice.routes." + keys.id() + ".concurrency.cluster is '" + cluster
                                + "' already");
            }
            requireJobs(key, bound, "hold back", keys, from);
            return between(keys, value);
        } else if (cluster != null) {
            requireJobs("concurrency.cluster", cluster, "count", keys, from);
            return Concurrency.cluster(keys.atLeastOne("concurrency.cluster", cluster));
        }
        return Concurrency.perNode(keys.atLeastOne("concurrency", value.perNode()));
    }

    private static Concurrency between(RouteKeys keys, RouteProperties.ConcurrencyValue value) {
        int min = value.min() == null ? LEAST : keys.atLeastOne("concurrency.min", value.min());
        int max = value.max() == null ? MOST : keys.atLeastOne("concurrency.max", value.max());
        if (min > max) {
            throw keys.wrong("concurrency.min", min, "at most concurrency.max, which is " + max);
        }
        return Concurrency.between(min, max);
    }

    private static void requireJobs(
            String key, @Nullable Object value, String purpose, RouteKeys keys, RouteProperties from) {
        if (from.mode() == Mode.SYNC) {
            throw keys.wrong(
                    key,
                    value,
                    "a number for each node, such as concurrency: 16, in mode sync, which makes no job to " + purpose);
        }
    }
}
