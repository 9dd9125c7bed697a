/**
 * The journal in memory, for trying things out and for tests: it keeps every promise of {@link dev.sluice.journal.Journal}
 * except that anything survives the process. Simple rather than fast: one thread owns all that is kept.
 */
@NullMarked
package dev.sluice.journal.memory;

import org.jspecify.annotations.NullMarked;
