package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.JobState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** Bodies go in and come out byte for byte, in pieces, and wholly or not at all. */
interface BodyContract extends JournalRig {

    int PIECE = 64 * 1024;
    int LARGE = 1_600; // pieces: 100 MiB

    @Test
    default void theRequestComesBackAsItWasSent() {
        Draft draft = draft().method("PATCH")
                .target("/a%2Fb/%C3%A4?x=1&x=2&%00")
                .headers(
                        "Accept",
                        "a",
                        "X-Twice",
                        "one",
                        "accept",
                        "b",
                        "X-Twice",
                        "two",
                        "X-Empty",
                        "",
                        "X-Text",
                        "\u00e4\u20ac");
        StoredRequest request = get(journal().request(accept(draft).id()));
        assertThat(request.head()).isEqualTo(draft.job().request());
        assertThat(request.head().headers().all("x-twice")).containsExactly("one", "two");
        assertThat(JournalRig.text(request.body())).isEqualTo("{\"report\":\"q3\"}");
        assertThat(JournalRig.text(request.body())).as("read again").isEqualTo("{\"report\":\"q3\"}");
        assertThat(request.size()).isEqualTo(15);
    }

    @Test
    default void theAnswerComesBackAsItWasSent() {
        accept();
        Job running = claimOne();
        assertThat(get(journal().result(running.id()))).isNull();
        JobResult head = new JobResult(
                203, Headers.of("Set-Cookie", "a=1", "content-type", "text/plain", "Set-Cookie", "b=2", "X", ""));
        byte[] body = everyByte();
        get(finish(running, new Ending(head, null), Flux.just(body)));

        StoredResult result = get(journal().result(running.id()));
        assertThat(result.head()).isEqualTo(head);
        assertThat(result.size()).isEqualTo(body.length);
        assertThat(JournalRig.gathered(result.body())).isEqualTo(body);
        assertThat(JournalRig.gathered(result.body())).as("read again").isEqualTo(body);
    }

    /** As a redrive does it; many at once, so that reading and writing cannot wait for each other. */
    @Test
    default void aStoredBodyBecomesThatOfAnotherJob() {
        byte[] large = new byte[1_000_000];
        new java.util.Random(7).nextBytes(large);
        Job first = accept(draft().body(Flux.just(large)));
        StoredRequest request = get(journal().request(first.id()));
        List<Appended> copies = get(Flux.range(0, 32)
                .flatMap(i -> journal().append(draft().redriveOf(first.id()).job(), request.body()), 32)
                .collectList());
        assertThat(copies).hasSize(32);
        for (Appended copy : copies) {
            Job job = ((Appended.Created) copy).job();
            assertThat(job.spec().redriveOf()).isEqualTo(first.id());
            assertThat(JournalRig.gathered(get(journal().request(job.id())).body()))
                    .isEqualTo(large);
        }
    }

    @Test
    default void bodiesOfAnyShapeComeBack() {
        byte[] large = new byte[3_000_000];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) (i * 31 + (i >> 8));
        }
        for (List<byte[]> pieces : List.of(
                List.<byte[]>of(),
                List.of(new byte[0]),
                List.of(new byte[1]),
                List.of(new byte[0], everyByte(), new byte[0], everyByte()),
                List.of(large),
                List.of(new byte[1], large, new byte[0], large, everyByte()))) {
            comesBack(pieces);
        }
    }

    @Test
    default void bodiesInManyTinyPiecesComeBack() {
        comesBack(Flux.range(0, 5_000)
                .map(i -> new byte[] {i.byteValue()})
                .collectList()
                .block(LIMIT));
    }

    @Test
    default void hundredMegabytesStreamInAndOutWithinBoundedMemory() {
        BodyWatch in = new BodyWatch();
        Job job = accept(draft().body(in.watched(pieces(LARGE, PIECE))));
        in.assertBounded(durable());

        StoredRequest request = get(journal().request(job.id()));
        assertThat(request.size()).isEqualTo((long) LARGE * PIECE);
        assertIsPieces(request.body(), LARGE, PIECE);

        long before = BodyWatch.used();
        StepVerifier.create(request.body(), 3)
                .expectNextCount(3)
                .then(() -> assertThat(durable() ? BodyWatch.used() - before : 0)
                        .as("bytes held in the heap for a reader that stopped reading")
                        .isLessThan(BodyWatch.MOST_HELD))
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    default void anAnswerOfHundredMegabytesStreamsInAndOutWithinBoundedMemory() {
        accept();
        BodyWatch in = new BodyWatch();
        Ending ending = new Ending(new JobResult(200, Headers.NONE), null);
        Job job = get(finish(claimOne(), ending, in.watched(pieces(LARGE, PIECE))));
        in.assertBounded(durable());
        assertThat(job.result().size()).isEqualTo((long) LARGE * PIECE);
        assertIsPieces(get(journal().result(job.id())).body(), LARGE, PIECE);
    }

    @Test
    default void manyBodiesAtOnceDoNotMix() {
        List<Job> jobs = race(16, i -> append(draft().target("/" + i).body(filled(i, 100 + i, 10_000 + i)))).stream()
                .map(a -> ((Appended.Created) a).job())
                .toList();
        for (Job job : jobs) {
            StoredRequest request = get(journal().request(job.id()));
            int i = Integer.parseInt(request.head().target().substring(1));
            byte[] body = JournalRig.gathered(request.body());
            assertThat(body).hasSize((100 + i) * (10_000 + i)).containsOnly((byte) i);
        }
    }

    @Test
    default void aBodyIsReadAsItIsAskedFor() {
        Job job = accept(draft().body(pieces(200, PIECE)));
        Flux<byte[]> body = get(journal().request(job.id())).body();
        AtomicLong bytes = new AtomicLong();
        StepVerifier.create(body.doOnNext(piece -> bytes.addAndGet(piece.length)), 0)
                .expectSubscription()
                .thenRequest(1)
                .expectNextCount(1)
                .thenRequest(2)
                .expectNextCount(2)
                .thenCancel()
                .verify(LIMIT);
        assertThat(bytes.get()).isPositive().isLessThan(200L * PIECE);
        assertIsPieces(body, 200, PIECE);
    }

    @Test
    default void anAnswerThatFailsHalfwayLeavesTheClaimAsItWas() {
        accept();
        Job running = claimOne();
        IOException cut = new IOException("cut short");
        Ending ending = new Ending(new JobResult(200, Headers.NONE), null);
        StepVerifier.create(finish(running, ending, Flux.concat(pieces(40, PIECE), Flux.error(cut))))
                .expectErrorMatches(e -> e == cut)
                .verify(LIMIT);

        assertThat(get(journal().result(running.id()))).isNull();
        assertThat(find(running.id())).isEqualTo(running);
        assertThat(get(succeed(running, "whole")).state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(JournalRig.text(get(journal().result(running.id())).body())).isEqualTo("whole");
        numbersHaveNoGap(running.id());
    }

    @Test
    default void anAnswerCancelledHalfwayLeavesTheClaimAsItWas() throws InterruptedException {
        accept();
        Job running = claimOne();
        CountDownLatch released = new CountDownLatch(1);
        Sinks.Many<byte[]> body = Sinks.many().unicast().onBackpressureBuffer();
        Disposable finish = finish(
                        running,
                        new Ending(new JobResult(200, Headers.NONE), null),
                        body.asFlux().doOnCancel(released::countDown))
                .subscribe();
        body.tryEmitNext(new byte[300_000]).orThrow();
        finish.dispose();
        assertThat(released.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();

        assertThat(find(running.id())).isEqualTo(running);
        assertThat(get(journal().result(running.id()))).isNull();
        assertThat(get(succeed(running, "whole")).state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(JournalRig.text(get(journal().result(running.id())).body())).isEqualTo("whole");
    }

    /** Its caller goes at the very moment at which the body is whole: nobody can say which comes first. */
    @Test
    default void aBodyThatIsGivenUpAsItEndsIsStoredWholeOrNotAtAll() throws Exception {
        Map<JobId, Integer> sizes = new HashMap<>();
        for (int i = 0; i < 1_000; i++) {
            int size = i % 20 == 0 ? 2 * PIECE : 10;
            Draft draft = draft();
            AtomicBoolean go = new AtomicBoolean();
            Flux<byte[]> body = Flux.concat(Mono.just(new byte[size]), Mono.fromRunnable(() -> go.set(true)));
            Disposable append =
                    journal().append(draft.job(), body.subscribeOn(RACERS)).subscribe();
            while (!go.get()) {
                Thread.onSpinWait();
            }
            append.dispose();
            sizes.put(draft.job().id(), size);
        }
        accept(); // what was under way before it is decided
        sizes.forEach((id, size) -> {
            StoredRequest request = get(journal().request(id).onErrorComplete());
            if (request != null) {
                assertThat(JournalRig.gathered(request.body())).hasSize(size);
            }
        });
    }

    @Test
    default void aResultIsReadFromAnyByteOn() {
        for (int size : new int[] {0, 1, 300, 32 * 1024, 32 * 1024 + 1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE + 77}) {
            byte[] whole = new byte[size];
            new java.util.Random(size).nextBytes(whole);
            StoredResult result = stored(whole, 10_000); // pieces come in other sizes than they are stored in
            for (int from :
                    new int[] {0, 1, 299, 9_999, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, size - 1, size, size + 1}) {
                byte[] want = Arrays.copyOfRange(whole, Math.min(Math.max(from, 0), size), size);
                assertThat(Arrays.equals(JournalRig.gathered(result.body(Math.max(from, 0))), want))
                        .as("%s bytes from %s", size, from)
                        .isTrue();
            }
            assertFails(() -> result.body(-1), IllegalArgumentException.class);
            assertFails(() -> JournalRig.gathered(result.body(Long.MIN_VALUE)), IllegalArgumentException.class);
            assertThat(JournalRig.gathered(result.body(Long.MAX_VALUE))).isEmpty();
        }
    }

    @Test
    default void theEndOfALargeResultIsReadWithoutWhatComesBefore() {
        accept();
        Ending ending = new Ending(new JobResult(200, Headers.NONE), null);
        Job job = get(finish(claimOne(), ending, pieces(400, PIECE)));
        StoredResult result = get(journal().result(job.id()));
        List<byte[]> rest = result.body(399L * PIECE + 5).collectList().block(LIMIT);
        assertThat(rest).hasSize(1);
        assertThat(rest.get(0)).hasSize(PIECE - 5);
        assertThat(rest.get(0)[PIECE - 6]).isEqualTo((byte) 399);
    }

    private StoredResult stored(byte[] whole, int piece) {
        accept();
        List<byte[]> pieces = new ArrayList<>();
        for (int at = 0; at < whole.length; at += piece) {
            pieces.add(Arrays.copyOfRange(whole, at, Math.min(whole.length, at + piece)));
        }
        Ending ending = new Ending(new JobResult(200, Headers.NONE), null);
        return get(journal()
                .result(get(finish(claimOne(), ending, Flux.fromIterable(pieces)))
                        .id()));
    }

    private void comesBack(List<byte[]> pieces) {
        byte[] whole = JournalRig.gathered(Flux.fromIterable(pieces));
        Job job = accept(draft().body(Flux.fromIterable(pieces).map(byte[]::clone)));
        StoredRequest request = get(journal().request(job.id()));
        assertThat(request.size()).isEqualTo(whole.length);
        assertThat(Arrays.equals(JournalRig.gathered(request.body()), whole)).isTrue();

        Ending ending = new Ending(new JobResult(200, Headers.NONE), null);
        Job done = get(finish(claimOne(), ending, Flux.fromIterable(pieces).map(byte[]::clone)));
        assertThat(done.result().size()).isEqualTo(whole.length);
        assertThat(Arrays.equals(
                        JournalRig.gathered(get(journal().result(job.id())).body()), whole))
                .isTrue();
    }

    private static byte[] everyByte() {
        byte[] bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    private static Flux<byte[]> filled(int value, int many, int length) {
        return Flux.range(0, many).map(i -> {
            byte[] piece = new byte[length];
            Arrays.fill(piece, (byte) value);
            return piece;
        });
    }

    /** Pieces that each begin with their number, made as they are asked for. */
    static Flux<byte[]> pieces(int many, int length) {
        return Flux.range(0, many).map(i -> {
            byte[] piece = new byte[length];
            byte[] number = (i + ":").getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(number, 0, piece, 0, number.length);
            piece[length - 1] = i.byteValue();
            return piece;
        });
    }

    /** That a body is those pieces, compared by its checksum, because gathering it would need its size in memory. */
    private static void assertIsPieces(Flux<byte[]> body, int many, int length) {
        assertThat(checksum(body)).isEqualTo(checksum(pieces(many, length)));
    }

    /** Of the whole, with its length. */
    private static String checksum(Flux<byte[]> body) {
        AtomicLong length = new AtomicLong();
        CRC32 sum = body.doOnNext(piece -> length.addAndGet(piece.length))
                .collect(CRC32::new, CRC32::update)
                .block(LIMIT);
        return length + " " + sum.getValue();
    }
}
