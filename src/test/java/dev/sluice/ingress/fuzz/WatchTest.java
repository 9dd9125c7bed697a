package dev.sluice.ingress.fuzz;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.queue.QueueRig;
import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The other tests here see what they look for. */
class WatchTest {

    @Test
    void warningsAreSeen() {
        try (Watch watch = new Watch()) {
            watch.check();
            LoggerFactory.getLogger("anybody").warn("planted");
            assertThatThrownBy(watch::check).hasMessageContaining("planted");
        }
    }

    @Test
    void leaksAreSeen() {
        try (Watch watch = new Watch()) {
            ByteBufAllocator.DEFAULT.directBuffer(13).writeByte(1);
            QueueRig.until(() -> fails(watch));
        }
    }

    private static boolean fails(Watch watch) {
        try {
            watch.checkLeaks();
            return false;
        } catch (AssertionError e) {
            return e.getMessage().contains("LEAK");
        }
    }
}
