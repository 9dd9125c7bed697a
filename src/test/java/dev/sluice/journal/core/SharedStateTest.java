package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

class SharedStateTest {

    private static final byte[] LARGEST = new byte[4096];

    private final SharedState state = new SharedState();

    @Test
    void allValuesTogetherAreBoundedInBytes() {
        int many = (16 << 20) / (4096 + 5);
        for (int i = 0; i < many; i++) {
            SharedUpdate update = SharedUpdate.put("%05d".formatted(i), LARGEST);
            state.admit(update);
            state.apply(update);
        }
        SharedUpdate oneMore = SharedUpdate.put("12345", LARGEST);
        assertThatThrownBy(() -> state.admit(oneMore))
                .isInstanceOf(JournalUnavailableException.class)
                .hasMessageContaining("bytes");
        assertThatCode(() -> state.admit(SharedUpdate.put("00001", LARGEST)))
                .as("in place of another one")
                .doesNotThrowAnyException();
        state.apply(SharedUpdate.remove(Set.of("00001")));
        assertThatCode(() -> state.admit(oneMore)).doesNotThrowAnyException();
        state.replace(Map.of());
        assertThat(state.values(Schedulers.immediate()).blockFirst(Duration.ofSeconds(20)))
                .isEmpty();
        assertThatCode(() -> state.admit(oneMore)).doesNotThrowAnyException();
    }
}
