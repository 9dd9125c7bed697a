package dev.sluice.journal;

import java.util.Collection;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The part of the {@link Journal} with which the nodes that share it agree on how routes are treated at the moment: a few
 * small values by name, such as the pause of a route. Meant for thousands of values of some hundred bytes, not for
 * millions.
 */
public interface SharedValues {

    /**
     * Sets a value. On stable storage, and in {@link #shared} of this node, when it completes; in that of other nodes
     * at once as a rule, and within 2 seconds at the latest. Of concurrent writes of one name the last one counts, on all
     * nodes the same. Fails with {@link IllegalArgumentException} if the name or the value is too long, with
     * {@link JournalUnavailableException} also if all names and values together exceed 16 MiB.
     *
     * @param name 1 to 300 characters
     * @param value at most 4 KiB; ownership passes to the journal
     */
    Mono<Void> putShared(String name, byte[] value);

    /** Removes values, all or none; names without one are ignored. As visible and as durable as {@link #putShared}. */
    Mono<Void> removeShared(Collection<String> names);

    /** All values as this node knows them: an immutable map whose arrays must not be modified. Does not block; thread-safe. */
    Map<String, byte[]> shared();

    /**
     * Emits all values as this node knows them, at once and after each change; of several changes in quick succession
     * only the last state. The maps are immutable, their arrays must not be modified. Never completes before
     * {@link JournalUpkeep#close}.
     */
    Flux<Map<String, byte[]>> sharedValues();
}
