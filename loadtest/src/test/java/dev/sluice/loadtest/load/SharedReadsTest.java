package dev.sluice.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedReadsTest {

    private final SharedReads shared = new SharedReads();
    private final List<Event> events = List.of(new Event("8", "message", "x", 1));

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(("before" + text + "behind").getBytes(StandardCharsets.US_ASCII), 6, text.length());
    }

    @Test
    void findsNothingAtFirst() {
        assertThat(shared.find(bytes(""), "")).isNull();
    }

    @Test
    void findsTheEventsOfTheSameBytesBehindTheSameId() {
        shared.keep(bytes("data: x\n\n"), "7", "8", events);

        assertThat(shared.find(bytes("data: x\n\n"), "7")).isSameAs(events);
        assertThat(shared.idAfter()).isEqualTo("8");
        assertThat(shared.find(bytes("data: x\n\n"), "6")).isNull();
        assertThat(shared.find(bytes("data: y\n\n"), "7")).isNull();
        assertThat(shared.find(bytes("data: x\n"), "7")).isNull();
        assertThat(shared.find(bytes("data: x\n\n:\n"), "7")).isNull();
    }

    @Test
    void keepsALongerOneInstead() {
        shared.keep(bytes("data: x\n\n"), "7", "8", events);
        String longer = "data: " + "y".repeat(5_000) + "\n\n";
        shared.keep(bytes(longer), "8", "8", List.of());

        assertThat(shared.find(bytes(longer), "8")).isEmpty();
        assertThat(shared.find(bytes("data: x\n\n"), "7")).isNull();
    }
}
