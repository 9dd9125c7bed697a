package dev.sluice.route;

import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Finds the route of a request, which every request to the public listener pays. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RouteTableBenchmark {

    @Param({"1", "20", "200"})
    public int routes;

    private RouteTable table;
    private RouteTable.RequestHead last;
    private RouteTable.RequestHead none;

    @Setup
    public void make() {
        table = Routes.table(IntStream.range(0, routes)
                .mapToObj(i -> Routes.route("route-" + i, "/api-" + i + "/**", "http://127.0.0.1:1"))
                .toArray(Route[]::new));
        last = Routes.head("POST", "/api-" + (routes - 1) + "/reports/2026", "gateway.example");
        none = Routes.head("POST", "/other/reports/2026", "gateway.example");
    }

    @Benchmark
    public RouteTable.Match found() {
        return table.match(last);
    }

    @Benchmark
    public RouteTable.Match missed() {
        return table.match(none);
    }
}
