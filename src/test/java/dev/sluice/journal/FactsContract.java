package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.core.Facts;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Values by name are durable, and the same for everybody. */
interface FactsContract extends JournalRig {

    /** Those of the journal under test. */
    Facts facts();

    /** One that no other test uses. */
    private String name() {
        return "test-" + newId();
    }

    @Test
    default void aFactIsWhatWasPutLast() {
        String name = name();
        assertThat(facts().get(name)).isNull();
        facts().put(name, new byte[] {1});
        facts().put(name, new byte[] {2, 3});
        assertThat(facts().get(name)).containsExactly(2, 3);
        facts().put(name, new byte[0]);
        assertThat(facts().get(name)).isEmpty();
        assertThat(facts().get(name())).isNull();
    }

    @Test
    default void aFactThatIsKeptIsWhatWasKeptFirst() {
        String name = name();
        assertThat(facts().keep(name, new byte[] {1})).containsExactly(1);
        assertThat(facts().keep(name, new byte[] {2})).containsExactly(1);
        assertThat(facts().get(name)).containsExactly(1);
    }

    @Test
    default void allThatKeepAFactAtOnceGetTheSame() {
        String name = name();
        List<byte[]> kept = get(Flux.range(0, 16)
                .flatMap(
                        i -> Mono.fromCallable(() -> facts().keep(name, new byte[] {i.byteValue()}))
                                .subscribeOn(Schedulers.boundedElastic()),
                        16)
                .collectList());
        assertThat(kept).hasSize(16).containsOnly(facts().get(name));
    }

    @Test
    default void factsAreThereAfterAKill() {
        String name = name();
        facts().put(name, new byte[] {7});
        byte[] secret = journal().secret();
        killAndReopen();
        assertThat(facts().get(name)).containsExactly(7);
        assertThat(journal().secret()).isEqualTo(secret);
    }
}
