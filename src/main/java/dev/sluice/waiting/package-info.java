/**
 * The account of what waits in memory for clients to take it. Whatever keeps bytes until a peer reads them opens a
 * {@link dev.sluice.waiting.Share}; together they are bounded by {@link dev.sluice.waiting.WaitingBytes}, which ends those
 * that have taken nothing for the longest when the bound is reached.
 */
@NullMarked
package dev.sluice.waiting;

import org.jspecify.annotations.NullMarked;
