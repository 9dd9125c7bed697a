package dev.sluice.protection;

import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * A backend with a number of workers and a queue of bounded length in front of them, which refuses what does not fit, and nodes
 * that call it while their limits allow: in virtual time, and the same in each run.
 */
final class SimulatedBackend {

    static final long SECOND = 1_000_000;

    private static final long NETWORK = 500;

    /** A node's limit. */
    interface Limit {
        int limit();

        void answered(long now, long latency, int underWay);

        void dropped(long now, long latency);

        static Limit fixed(int most) {
            return new Limit() {
                @Override
                public int limit() {
                    return most;
                }

                @Override
                public void answered(long now, long latency, int underWay) {}

                @Override
                public void dropped(long now, long latency) {}
            };
        }

        static Limit of(AdaptiveLimit limit) {
            return new Limit() {
                @Override
                public int limit() {
                    return limit.limit();
                }

                @Override
                public void answered(long now, long latency, int underWay) {
                    limit.answered(now, latency, underWay);
                }

                @Override
                public void dropped(long now, long latency) {
                    limit.dropped(now, latency);
                }
            };
        }
    }

    private record Event(long at, long order, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
        }
    }

    private record Call(int node, long begun) {}

    private final Random random;
    private final int queueLength;
    private final Limit[] nodes;
    private final int[] underWay;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Queue<Call> queue = new ArrayDeque<>();

    private ToDoubleFunction<Random> serviceTime;
    private int workers;
    private int busy;
    private long now;
    private long order;
    private int turn;
    private long waiting = Long.MAX_VALUE;
    private long answered;
    private double limits;
    private long samples;

    SimulatedBackend(long seed, ToDoubleFunction<Random> serviceTime, int queueLength, Limit... nodes) {
        this.random = new Random(seed);
        this.serviceTime = serviceTime;
        this.queueLength = queueLength;
        this.nodes = nodes;
        this.underWay = new int[nodes.length];
    }

    void workers(int count) {
        workers = count;
        serve();
    }

    void serviceTime(ToDoubleFunction<Random> micros) {
        serviceTime = micros;
    }

    /** Requests come at this rate from now on, instead of always being there. */
    void arrivals(double perSecond) {
        waiting = 0;
        arrive(perSecond);
    }

    private void arrive(double perSecond) {
        after((long) (-Math.log(1 - random.nextDouble()) / perSecond * SECOND), () -> {
            waiting++;
            start();
            arrive(perSecond);
        });
    }

    /** Runs for a time. */
    void run(long micros) {
        long end = now + micros;
        answered = 0;
        limits = 0;
        samples = 0;
        start();
        while (!events.isEmpty() && events.peek().at() <= end) {
            Event next = events.remove();
            now = next.at();
            next.what().run();
        }
        now = end;
    }

    /** Calls answered in the last run. */
    long answered() {
        return answered;
    }

    /** Limit of all nodes together, on an average of the last run's calls. */
    double meanLimit() {
        return limits / samples;
    }

    int limit() {
        int sum = 0;
        for (Limit node : nodes) {
            sum += node.limit();
        }
        return sum;
    }

    private void after(long micros, Runnable what) {
        events.add(new Event(now + micros, order++, what));
    }

    private void start() {
        boolean any = true;
        while (any && waiting > 0) {
            any = false;
            turn++;
            for (int i = 0; i < nodes.length && waiting > 0; i++) {
                int node = (i + turn) % nodes.length;
                if (underWay[node] < nodes[node].limit()) {
                    underWay[node]++;
                    waiting--;
                    Call call = new Call(node, now);
                    after(NETWORK, () -> arrived(call));
                    any = true;
                }
            }
        }
    }

    private void arrived(Call call) {
        if (queue.size() < queueLength || busy < workers) {
            queue.add(call);
            serve();
        } else {
            after(NETWORK, () -> end(call, false));
        }
    }

    private void serve() {
        while (busy < workers && !queue.isEmpty()) {
            Call call = queue.remove();
            busy++;
            after(Math.max(1, (long) serviceTime.applyAsDouble(random)), () -> {
                busy--;
                after(NETWORK, () -> end(call, true));
                serve();
            });
        }
    }

    private void end(Call call, boolean well) {
        Limit limit = nodes[call.node()];
        int running = underWay[call.node()]--;
        if (well) {
            answered++;
            limit.answered(now, now - call.begun(), running);
        } else {
            limit.dropped(now, now - call.begun());
        }
        limits += limit();
        samples++;
        start();
    }
}
