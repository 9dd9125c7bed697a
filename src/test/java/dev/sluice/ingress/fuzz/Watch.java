package dev.sluice.ingress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** Sees every warning that is logged, and every buffer that is not given back. */
final class Watch implements AutoCloseable {

    private final ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
                warnings.add(event.getLevel() + " " + event.getLoggerName() + ": " + event.getFormattedMessage()
                        + cause(event.getThrowableProxy()) + "\n  said by " + callers(event.getCallerData()));
            }
        }
    };

    /** Begins to watch; not before the gateway starts, which sets logging up anew. */
    Watch() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        appender.start();
        root.addAppender(appender);
    }

    private static String cause(IThrowableProxy error) {
        return error == null ? "" : " " + error.getClassName() + ": " + error.getMessage();
    }

    /** An error that came to nobody does not say on which of its ways that was. */
    private static String callers(StackTraceElement[] callers) {
        return Stream.of(callers).limit(8).map(StackTraceElement::toString).collect(Collectors.joining("\n    "));
    }

    /** Nothing was logged that somebody would have to look at. */
    void check() {
        assertThat(warnings).isEmpty();
    }

    /** The same, and no buffer leaked. */
    void checkLeaks() {
        for (int i = 0; i < 3; i++) { // leaks are reported when a later buffer is made
            System.gc();
            ByteBufAllocator.DEFAULT.directBuffer(64).release();
            ByteBufAllocator.DEFAULT.heapBuffer(64).release();
        }
        check();
    }

    @Override
    public void close() {
        root.detachAppender(appender);
        ResourceLeakDetector.setLevel(before);
    }
}
