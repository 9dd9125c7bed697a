/**
 * Port 1, the durable record: the queue of record and the source of events. {@link dev.sluice.journal.Journal} says what
 * every adapter promises; {@code JournalContractTest} holds each of them to it. Callers never see which adapter runs.
 */
@NullMarked
package dev.sluice.journal;

import org.jspecify.annotations.NullMarked;
