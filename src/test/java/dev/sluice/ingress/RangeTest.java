package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

/** Parts of results, and conditions on them (RFC 9110, 13 and 14). */
class RangeTest {

    private static final int SIZE = 200_001;

    private static Listeners listeners;
    private static byte[] content;
    private static JobId job;

    @BeforeAll
    static void start() throws IOException {
        listeners = new Listeners("sluice.routes.work.path=/work", "sluice.routes.work.backend=http://localhost:1");
        content = new byte[SIZE];
        new Random(3).nextBytes(content);
        job = finished(200, null, Headers.of("ETag", "\"v1\"", "Content-Type", "a/b"));
    }

    @AfterAll
    static void stop() {
        listeners.close();
    }

    private static JobId finished(int status, Failure failure, Headers headers) throws IOException {
        JobId id = listeners.accept("/work");
        listeners.answer(
                listeners.claim("work"),
                status,
                failure,
                headers,
                Flux.just(Arrays.copyOf(content, 70_000), Arrays.copyOfRange(content, 70_000, SIZE)));
        return id;
    }

    private static Wire.Reply call(String method, JobId id, String... fields) throws IOException {
        return Wire.call(
                listeners.port(), method + " /jobs/" + id + "/result HTTP/1.1\nHost: g" + String.join("", fields));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            If-Modified-Since: Tue, 24 Nov 2026 08:49:37 GMT                    | 304
            If-Modified-Since: Tue, 24 Nov 2026 08:49:38 GMT                    | 304
            If-Modified-Since: Tuesday, 24-Nov-26 08:49:38 GMT                  | 304
            If-Modified-Since: Tue, 24 Nov 2026 08:49:36 GMT                    | 200
            If-Modified-Since: soon                                             | 200
            If-None-Match: "other"~If-Modified-Since: Tue, 24 Nov 2026 08:49:38 GMT | 200
            """)
    void aDateCountsWhereThereIsNoTag(String fields, int status) throws IOException {
        JobId dated = finished(200, null, Headers.of("Last-Modified", "Tue, 24 Nov 2026 08:49:37 GMT"));
        for (String method : new String[] {"GET", "HEAD"}) {
            assertThat(call(method, dated, "\n" + fields.replace("~", "\n")).status())
                    .isEqualTo(status);
        }
        assertThat(call("GET", job, "\n" + fields.replace("~", "\n")).status())
                .as("of what has no date")
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "0-0, 0, 0",
        "0-199999, 0, 199999",
        "65535-65536, 65535, 65536",
        "65536-131071, 65536, 131071",
        "69999-70000, 69999, 70000",
        "131072-, 131072, 200000",
        "200000-, 200000, 200000",
        "100-99999999999999999999, 100, 200000",
        "-1, 200000, 200000",
        "-999999, 0, 200000",
    })
    void aPartIsExactlyThat(String range, int first, int last) throws IOException {
        Wire.Reply reply = call("GET", job, "\nRange: bytes=" + range);
        assertThat(reply.status()).isEqualTo(206);
        assertThat(reply.field("Content-Range")).isEqualTo("bytes " + first + "-" + last + "/" + SIZE);
        assertThat(reply.field("Content-Length")).isEqualTo(Integer.toString(last - first + 1));
        assertThat(reply.field("Content-Type")).isEqualTo("a/b");
        assertThat(reply.field("ETag")).isEqualTo("\"v1\"");
        assertThat(reply.body()).isEqualTo(Arrays.copyOfRange(content, first, last + 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"bytes=200001-", "bytes=-0", "bytes=999999-9999999"})
    void aPartThatIsNotThereIs416(String range) throws IOException {
        Wire.Reply reply = call("GET", job, "\nRange: " + range);
        assertThat(reply.status()).isEqualTo(416);
        assertThat(reply.field("Content-Range")).isEqualTo("bytes */" + SIZE);
        assertThat(reply.problem()).isEqualTo("range-not-satisfiable");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1, 4-5", "bytes", "=", "bytes=-", "bytes=1-2-3"})
    void whatCannotBeReadIsTheWhole(String range) throws IOException {
        Wire.Reply reply = call("GET", job, "\nRange: " + range);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Accept-Ranges")).isEqualTo("bytes");
        assertThat(reply.body()).isEqualTo(content);
    }

    @Test
    void aPartIsOnlyOfTheVersionThatIsMeant() throws IOException {
        assertThat(call("GET", job, "\nRange: bytes=0-3", "\nIf-Range: \"v1\"").status())
                .isEqualTo(206);
        for (String other : new String[] {"\"v2\"", "W/\"v1\"", "Mon, 23 Nov 2026 00:00:00 GMT"}) {
            assertThat(call("GET", job, "\nRange: bytes=0-3", "\nIf-Range: " + other)
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void whatTheClientHasIsNotSentAgain() throws IOException {
        Wire.Reply reply = call("GET", job, "\nRange: bytes=0-3", "\nIf-None-Match: \"v0\", \"v1\"");
        assertThat(reply.status()).isEqualTo(304);
        assertThat(reply.field("ETag")).isEqualTo("\"v1\"");
        assertThat(call("HEAD", job, "\nIf-None-Match: *").status()).isEqualTo(304);
        assertThat(call("GET", job, "\nIf-None-Match: \"v0\"").status()).isEqualTo(200);
    }

    @Test
    void aPartIsAlsoOfTheVersionWithTheDateThatIsMeant() throws IOException {
        String date = "Mon, 23 Nov 2026 00:00:00 GMT";
        JobId dated = finished(200, null, Headers.of("Last-Modified", date));
        assertThat(call("GET", dated, "\nRange: bytes=0-3", "\nIf-Range: " + date)
                        .status())
                .isEqualTo(206);
        assertThat(call("GET", dated, "\nRange: bytes=0-3", "\nIf-Range: Tue, 24 Nov 2026 00:00:00 GMT")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void headKnowsNoParts() throws IOException {
        Wire.Reply reply = call("HEAD", job, "\nRange: bytes=0-3");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Content-Length")).isEqualTo(Integer.toString(SIZE));
    }

    @Test
    void onlyA200HasParts() throws IOException {
        JobId created = finished(201, null, Headers.NONE);
        assertThat(call("GET", created, "\nRange: bytes=0-3").status()).isEqualTo(201);
        JobId failed = finished(404, new Failure(Problem.BACKEND_STATUS, "404"), Headers.NONE);
        Wire.Reply reply = call("GET", failed, "\nRange: bytes=0-3", "\nIf-None-Match: *");
        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.body()).isEqualTo(content);
    }
}
