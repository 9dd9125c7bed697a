package dev.sluice.loadtest.measure;

import java.util.List;

/** Titles of the charts that most runs have, in the order in which a report shows them; others follow. */
public final class Charts {

    public static final String THROUGHPUT = "Throughput";
    public static final String LATENCY = "Latency";
    public static final String QUEUE = "Queue";
    public static final String RETRIES = "Retries";
    public static final String PROCESSOR = "Processor";
    public static final String THREAD_TIMES = "Processor by thread";
    public static final String MEMORY = "Memory";
    public static final String PAUSES = "Pauses of the garbage collector";
    public static final String WRITES = "Disk writes";
    public static final String SYNCS = "Disk syncs";
    public static final String THREADS = "Threads and descriptors";

    public static final List<String> ORDER = List.of(
            THROUGHPUT, LATENCY, QUEUE, RETRIES, PROCESSOR, THREAD_TIMES, MEMORY, PAUSES, WRITES, SYNCS, THREADS);

    private Charts() {}
}
