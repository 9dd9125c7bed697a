package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.StepVerifier;

/** Small values by name that all nodes share. */
interface SharedValuesContract extends JournalRig {

    /** One that no other test uses. */
    private String name() {
        return "test/" + newId();
    }

    private void put(String name, String value) {
        get(journal().putShared(name, value.getBytes(StandardCharsets.UTF_8)));
    }

    private Map<String, byte[]> known() {
        Map<String, byte[]> now = journal().shared();
        assertThat(now).isEqualTo(get(journal().sharedValues().next()));
        return now;
    }

    @Test
    default void aSharedValueIsKnownOncePutUntilItIsRemoved() {
        String name = name() + "/é\uD83D\uDE00";
        String other = name();
        assertThat(known()).doesNotContainKey(name);
        put(name, "one");
        put(other, "");
        put(name, "two");
        assertThat(known().get(name)).asString(StandardCharsets.UTF_8).isEqualTo("two");
        assertThat(known().get(other)).isEmpty();
        get(journal().removeShared(List.of(name, name())));
        assertThat(known()).doesNotContainKey(name).containsKey(other);
        get(journal().removeShared(List.of()));
    }

    @Test
    default void whoFollowsSharedValuesSeesEachLastState() {
        String name = name();
        List<String> seen = new CopyOnWriteArrayList<>();
        AtomicBoolean completed = new AtomicBoolean();
        journal()
                .sharedValues()
                .subscribe(
                        values -> seen.add(
                                values.containsKey(name) ? new String(values.get(name), StandardCharsets.UTF_8) : "-"),
                        error -> seen.add(error.toString()),
                        () -> completed.set(true));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(seen).containsExactly("-"));
        put(name, "one");
        await().atMost(LIMIT).untilAsserted(() -> assertThat(seen).endsWith("one"));
        get(journal().removeShared(List.of(name)));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(seen).endsWith("-"));
        assertThat(seen).containsOnlyOnce("one");
        journal().close();
        await().atMost(LIMIT).untilTrue(completed);
    }

    /** It neither delays those that write nor makes states pile up. */
    @Test
    default void whoTakesNoStatesGetsTheLastOneWhenItAsks() {
        String name = name();
        List<Map<String, byte[]>> seen = new CopyOnWriteArrayList<>();
        BaseSubscriber<Map<String, byte[]>> slow = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                // Asks for nothing yet.
            }

            @Override
            protected void hookOnNext(Map<String, byte[]> values) {
                seen.add(values);
            }
        };
        journal().sharedValues().subscribe(slow);
        for (int i = 0; i < 100; i++) {
            put(name, Integer.toString(i));
        }
        slow.requestUnbounded();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(seen.get(seen.size() - 1).get(name))
                        .asString(StandardCharsets.UTF_8)
                        .isEqualTo("99"));
        assertThat(seen).hasSizeLessThan(10);
        slow.cancel();
    }

    @Test
    default void allSharedValuesThatArePutAtOnceAreThere() {
        String name = name();
        race(200, i -> journal().putShared(name + "/" + i, new byte[] {(byte) i}));
        Map<String, byte[]> known = known();
        for (int i = 0; i < 200; i++) {
            assertThat(known.get(name + "/" + i)).containsExactly(i);
        }
        Collection<String> half = known.keySet().stream()
                .filter(key -> key.startsWith(name) && key.endsWith("0"))
                .toList();
        get(journal().removeShared(half));
        assertThat(known().keySet())
                .doesNotContainAnyElementsOf(half)
                .filteredOn(key -> key.startsWith(name))
                .hasSize(200 - half.size());
    }

    @Test
    default void sharedValuesAreThereAfterAKill() {
        String name = name();
        String removed = name();
        put(name, "kept");
        put(removed, "gone");
        get(journal().removeShared(List.of(removed)));
        killAndReopen();
        assertThat(known().get(name)).asString(StandardCharsets.UTF_8).isEqualTo("kept");
        assertThat(known()).doesNotContainKey(removed);
    }

    @Test
    default void sharedValuesAreThereAfterAClose() {
        String name = name();
        put(name, "kept");
        reopen();
        assertThat(known().get(name)).asString(StandardCharsets.UTF_8).isEqualTo("kept");
    }

    @Test
    default void aSharedValueHasItsBounds() {
        byte[] large = new byte[4 * 1024];
        get(journal().putShared("n".repeat(300), large));
        assertThat(known().get("n".repeat(300))).hasSize(large.length);
        get(journal().removeShared(List.of("n".repeat(300))));
        Class<IllegalArgumentException> refused = IllegalArgumentException.class;
        assertFails(() -> get(journal().putShared("n".repeat(301), large)), refused);
        assertFails(() -> get(journal().putShared("", large)), refused);
        assertFails(() -> get(journal().putShared("a\0b", large)), refused);
        assertFails(() -> get(journal().putShared(name(), new byte[4 * 1024 + 1])), refused);
        assertFails(() -> get(journal().removeShared(List.of("n".repeat(301)))), refused);
    }

    @Test
    default void sharedValuesAreRefusedAfterClose() {
        Journal journal = journal();
        journal.close();
        Class<IllegalStateException> refused = IllegalStateException.class;
        assertFails(() -> get(journal.putShared(name(), new byte[1])), refused);
        assertFails(() -> get(journal.removeShared(List.of(name()))), refused);
        StepVerifier.create(journal.sharedValues()).expectError(refused).verify(LIMIT);
    }
}
