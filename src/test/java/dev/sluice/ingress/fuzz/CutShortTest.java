package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Wire.Reply;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that end, or vanish, after each byte of a request: a job is made of a whole request or not at all. */
class CutShortTest extends FuzzRig {

    private static final String BODY = "0123456789";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /async/cut HTTP/1.1\r\nHost: g\r\nContent-Length: 10\r\nIdempotency-Key: \"k\"\r\n\r\n" + BODY,
                "POST /negotiate/cut HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n",
                "PUT /sync/cut HTTP/1.1\r\nHost: g\r\nContent-Length: 10\r\n\r\n" + BODY,
                "GET /jobs/x/events HTTP/1.1\r\nHost: g\r\n\r\n"
            })
    void anywhere(String request) throws IOException {
        byte[] bytes = request.getBytes(ISO_8859_1);
        int bodyBegins = request.indexOf("\r\n\r\n") + 4;
        for (int length = 0; length < bytes.length; length++) {
            try (Talk ending = talk();
                    Talk vanishing = talk()) {
                byte[] sent = Arrays.copyOf(bytes, length);
                vanishing.say(sent);
                List<Reply> replies = Answers.of(ending.say(sent).end().listen("\0"), false);
                replies.forEach(Contract::check);
                if (length >= bodyBegins) {
                    assertThat(replies).as("after %d bytes", length).hasSize(1);
                    assertThat(replies.get(0).problem()).isEqualTo("bad-request");
                }
            }
        }
        settle();
        assertThat(jobs()).isEmpty();
        watch.check();
    }
}
