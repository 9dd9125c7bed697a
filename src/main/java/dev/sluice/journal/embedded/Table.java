package dev.sluice.journal.embedded;

/** The tables of a store: what is stored, and under which key. The labels are part of the stored form. */
enum Table {
    /** Name → durable fact: the secret of the installation, when files were last swept. RocksDB requires this label. */
    META("default"),
    /** Job id → head of each unfinished job, read at start. */
    OPEN("open"),
    /** Job id → head of each finished job; empty for a tombstone. */
    DONE("done"),
    /** Job id → head of the request and its body if it is small. */
    REQUESTS("requests"),
    /** Job id → the credentials of an unfinished job's request. */
    CREDENTIALS("credentials"),
    /** Job id → head of the response and its body if it is small. */
    RESULTS("results"),
    /** Job id, part, fence, number → a piece of a body. */
    PIECES("pieces"),
    /** Job id, part, fence → nothing: a body being received. Remains are removed at start. */
    RECEIVING("receiving"),
    /** Job id, number → event; but for output of earlier versions, none of output. */
    EVENTS("events"),
    /** Job id, number of the first → a block of output events. */
    OUTPUTS("outputs"),
    /** Hash of an idempotency key → job id and fingerprint of the request. */
    KEYS("keys"),
    /** Instant, job id → nothing: when a finished job is to be erased. */
    EXPIRY("expiry"),
    /** Instant, job id → nothing: when a job was erased. */
    TOMBSTONES("tombstones"),
    /** Kind, group id → head of each unfinished group; of each finished one, or nothing for a tombstone. */
    GROUPS("groups"),
    /** Group id, number of the last of them → consecutive events of a group. */
    GROUP_EVENTS("group_events"),
    /** Group id, order of the last of them → jobs of a group that joined one after another. */
    GROUP_MEMBERS("group_members"),
    /** Kind, instant if it has one, group id → nothing: what is to be done with a group, see {@link GroupTask}. */
    GROUP_TASKS("group_tasks");

    private final String label;

    Table(String label) {
        this.label = label;
    }

    /** Returns the name of the column family. */
    String label() {
        return label;
    }
}
