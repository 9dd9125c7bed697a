/**
 * The journal on an embedded RocksDB, the default.
 *
 * <p>{@link dev.sluice.journal.rocksdb.Committer} is the heart: one thread takes every change that waits, stages them into
 * one write batch, writes and syncs once, then completes them all. Whatever decides the fate of a job happens on that one
 * thread, so there are no locks and no races; what it keeps in memory (the due index and the running jobs) changes only
 * after the write succeeded. {@link dev.sluice.journal.rocksdb.Store} owns the native handles,
 * {@link dev.sluice.journal.rocksdb.Codec} the formats, {@link dev.sluice.journal.rocksdb.Sweeper} sees to it that what
 * was erased is really gone, {@link dev.sluice.journal.rocksdb.RocksJournal} puts them behind the port.
 */
@NullMarked
package dev.sluice.journal.rocksdb;

import org.jspecify.annotations.NullMarked;
