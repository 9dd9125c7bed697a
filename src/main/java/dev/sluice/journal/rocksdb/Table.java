package dev.sluice.journal.rocksdb;

/** The column families: what is stored, and under which key. */
enum Table {
    /** When the files were last swept, and the secret of the installation; RocksDB insists on a table of this name. */
    META("default"),
    /** Job id → {@link Entry} of each unfinished job: what is read again at start. */
    OPEN("open"),
    /** Job id → {@link Entry} of each finished job, or nothing but its tombstone. */
    DONE("done"),
    /** Job id → head of the request and its body if it is small. */
    REQUESTS("requests"),
    /** Job id → credentials of the request of an unfinished job, if it has any. */
    CREDENTIALS("credentials"),
    /** Job id → head of the answer and its body if it is small. */
    RESULTS("results"),
    /** Job id, part, fence, number → a piece of a body. */
    PIECES("pieces"),
    /** Job id, part, fence → nothing: a body being received. What is left of these at start is swept away. */
    RECEIVING("receiving"),
    /** Job id, number → event. */
    EVENTS("events"),
    /** Hash of an idempotency key → job id and fingerprint of the request. */
    KEYS("keys"),
    /** Instant, job id → nothing: when a finished job is to be erased. */
    EXPIRY("expiry"),
    /** Instant, job id → nothing: when a job was erased. */
    TOMBSTONES("tombstones");

    private final String label;

    Table(String label) {
        this.label = label;
    }

    /** The name of the column family. */
    String label() {
        return label;
    }
}
