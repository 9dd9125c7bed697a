package dev.sluice.route;

import dev.sluice.route.AdmissionPolicy.Mode;

/** Reads the concurrency of a route. */
final class ConcurrencyReader {

    private ConcurrencyReader() {}

    static Concurrency read(RouteKeys keys, RouteProperties from) {
        RouteProperties.ConcurrencyValue value = from.concurrency();
        Integer cluster = value.cluster();
        if (cluster == null) {
            return Concurrency.perNode(keys.atLeastOne("concurrency", value.perNode()));
        }
        if (from.mode() == Mode.SYNC) {
            throw keys.wrong(
                    "concurrency.cluster",
                    cluster,
                    "a number for each node, such as concurrency: 16, in mode sync, which makes no job to count");
        }
        return Concurrency.cluster(keys.atLeastOne("concurrency.cluster", cluster));
    }
}
