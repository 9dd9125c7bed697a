/**
 * The journal embedded in the gateway's process, on files of this machine or, for trying things out, in memory.
 *
 * <p>{@link dev.sluice.journal.embedded.Store} is all that is asked of the storage: sorted tables of bytes, written in
 * batches that take effect as a whole. {@code RocksStore} keeps them in files.
 */
@NullMarked
package dev.sluice.journal.embedded;

import org.jspecify.annotations.NullMarked;
