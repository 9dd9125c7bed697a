package dev.sluice.journal.rocksdb;

import dev.sluice.job.Job;

/**
 * What is stored of a job in one place: the job, and where its other traces are, so that all of it can be erased without
 * reading any of it.
 *
 * @param job the job
 * @param key hash of its idempotency key; empty if it has none
 * @param requestPieces pieces of the request's body; 0 if it is stored with the head
 * @param resultPieces pieces of the answer's body; 0 if it is stored with the head, or there is none
 */
record Entry(Job job, byte[] key, int requestPieces, int resultPieces) {

    static final byte[] NO_KEY = new byte[0];

    Entry with(Job next) {
        return new Entry(next, key, requestPieces, resultPieces);
    }

    Entry with(Job next, int pieces) {
        return new Entry(next, key, requestPieces, pieces);
    }
}
