package dev.sluice.dispatch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.UnitEnds;
import dev.sluice.job.Output;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

class OutputBatchesTest {

    private static final Duration MOMENT = Duration.ofMillis(1);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final TestPublisher<byte[]> body = TestPublisher.create();
    private final AtomicLong asked = new AtomicLong();
    private final Reader reader = new Reader();

    @AfterEach
    void dispose() {
        time.dispose();
    }

    private void open(long demand) {
        batches(body.flux().doOnRequest(asked::addAndGet)).subscribe(reader);
        reader.request(demand);
    }

    private Flux<List<Output>> batches(Flux<byte[]> pieces) {
        return new OutputBatches(pieces, new OutputChunker(true, UnitEnds.of("application/x-ndjson"), 1), time);
    }

    private void arrive(String text) {
        body.next(text.getBytes(UTF_8));
    }

    private static final class Reader extends BaseSubscriber<List<Output>> {

        private final List<String> seen = new ArrayList<>();

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            // requests are the test's
        }

        @Override
        protected void hookOnNext(List<Output> batch) {
            seen.add(String.join(
                    "|",
                    batch.stream().map(one -> new String(one.bytes(), UTF_8)).toList()));
        }

        @Override
        protected void hookOnComplete() {
            seen.add("END");
        }

        @Override
        protected void hookOnError(Throwable error) {
            seen.add(error.getMessage());
        }
    }

    @Test
    void theFirstUnitGoesAtOnceAndThoseThatFollowAreJoined() {
        open(Long.MAX_VALUE);
        arrive("1\n");
        assertThat(reader.seen).containsExactly("1\n");
        time.advanceTimeBy(MOMENT);
        arrive("2\n");
        time.advanceTimeBy(MOMENT);
        arrive("3\n4");
        assertThat(reader.seen).hasSize(1);
        time.advanceTimeBy(OutputBatches.JOIN.minus(MOMENT).minus(MOMENT));
        assertThat(reader.seen).containsExactly("1\n", "2\n3\n");
        time.advanceTimeBy(OutputBatches.JOIN);
        arrive("\n");
        assertThat(reader.seen).containsExactly("1\n", "2\n3\n", "4\n");
        arrive("5\n6");
        body.complete();
        assertThat(reader.seen).containsExactly("1\n", "2\n3\n", "4\n", "5\n6", "END");
    }

    @Test
    void aWholePieceWaitsForNoOther() {
        open(Long.MAX_VALUE);
        arrive("1\n");
        arrive("x".repeat(OutputChunker.MOST - 1) + "\n");
        assertThat(reader.seen).hasSize(2);
    }

    @Test
    void aResponseWithoutABodyYetIsAnnouncedOnce() {
        open(Long.MAX_VALUE);
        time.advanceTimeBy(OutputBatches.JOIN.minus(MOMENT));
        arrive("1");
        assertThat(reader.seen).isEmpty();
        time.advanceTimeBy(MOMENT);
        assertThat(reader.seen).containsExactly("");
        time.advanceTimeBy(Duration.ofMinutes(1));
        arrive("\n");
        assertThat(reader.seen).containsExactly("", "1\n");
        body.complete();
        assertThat(reader.seen).containsExactly("", "1\n", "END");
    }

    @Test
    void anEmptyBodyIsNoBatch() {
        batches(Flux.empty()).subscribe(reader);
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(reader.seen).containsExactly("END");
    }

    @Test
    void whatArrivesWhileABatchIsWrittenGoesTogetherAndIsBounded() {
        open(1);
        String line = "x".repeat(999) + "\n";
        int sent = 0;
        for (; asked.get() > sent && sent < 1000; sent++) {
            arrive(line);
        }
        assertThat(sent).isBetween(60, 70);
        assertThat(reader.seen).containsExactly(line);
        reader.request(1);
        assertThat(reader.seen).hasSize(2);
        assertThat(reader.seen.get(1).replace("|", "")).isEqualTo(line.repeat(sent - 1));
        assertThat(reader.seen.get(1).split("\\|")).hasSize(5);
    }

    @Test
    void whatHadArrivedGoesBeforeABreak() {
        open(Long.MAX_VALUE);
        arrive("1\n");
        arrive("2\n3");
        body.error(new IOException("cut"));
        assertThat(reader.seen).containsExactly("1\n", "2\n3", "cut");
    }

    @Test
    void aBreakWaitsForTheDemand() {
        open(0);
        arrive("1");
        body.error(new IOException("cut"));
        assertThat(reader.seen).isEmpty();
        reader.request(1);
        assertThat(reader.seen).as("the last batch may still be being recorded").containsExactly("1");
        reader.request(1);
        assertThat(reader.seen).containsExactly("1", "cut");
    }

    @Test
    void aReaderThatLeavesCancelsTheBody() {
        open(1);
        reader.cancel();
        body.assertCancelled();
    }
}
