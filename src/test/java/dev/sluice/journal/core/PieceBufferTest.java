package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PieceBufferTest {

    private final PieceBuffer held = new PieceBuffer();

    @Test
    void aBodyThatDribblesInCostsFewArrays() {
        for (int i = 0; i < 65_536; i++) {
            held.add(new byte[] {(byte) i});
        }
        assertThat(held.bytes()).isEqualTo(65_536);
        assertThat(held.parts()).isLessThanOrEqualTo(512);
        byte[] all = held.take();
        for (int i = 0; i < all.length; i++) {
            assertThat(all[i]).isEqualTo((byte) i);
        }
        assertThat(held.bytes()).isZero();
        assertThat(held.parts()).isZero();
    }

    @Test
    void partsOfAnySizeComeOutInOrder() {
        Random random = new Random(11);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        for (int i = 0; i < 500; i++) {
            byte[] part = new byte[random.nextInt(5) == 0 ? random.nextInt(2_000) : random.nextInt(200)];
            random.nextBytes(part);
            expected.writeBytes(part);
            held.add(part);
        }
        assertThat(held.take()).isEqualTo(expected.toByteArray());
    }

    @Test
    void onePartIsGivenBackAsItIs() {
        byte[] part = new byte[1_000];
        held.add(part);
        assertThat(held.take()).isSameAs(part);
        assertThat(held.take()).isEmpty();
    }
}
