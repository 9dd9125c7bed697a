package dev.sluice.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.context.support.GenericApplicationContext;

class StopLimitTest {

    @Test
    void aProcessWhoseStopHangsIsEnded() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Hanging.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(143);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aContextMayCloseAsSlowlyAsItLikesInAProcessThatGoesOn() {
        GenericApplicationContext context = new GenericApplicationContext();
        context.addApplicationListener(new StopLimit(context, Duration.ZERO));
        context.refresh();
        context.close();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().equals("sluice-stop-limit"));
    }

    /** Exits, which never ends by itself. */
    static final class Hanging {

        public static void main(String[] args) {
            GenericApplicationContext context = new GenericApplicationContext();
            context.addApplicationListener(new StopLimit(context, Duration.ofMillis(100)));
            context.getDefaultListableBeanFactory()
                    .registerDisposableBean("hanging", () -> new CountDownLatch(1).await());
            context.refresh();
            context.registerShutdownHook();
            System.exit(0);
        }
    }
}
