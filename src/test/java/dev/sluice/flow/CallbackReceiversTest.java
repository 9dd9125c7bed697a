package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.standardwebhooks.Webhook;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The receivers of callbacks of {@code src/test/clients}: what they accept, what they refuse, and what they are told twice. */
@Timeout(120)
class CallbackReceiversTest {

    private static final int MOST = 1 << 20;

    private static final String OLD = secret(0);
    private static final String NEW = secret(1);
    private static final String FOREIGN = secret(2);

    private final long now = Instant.now().getEpochSecond();

    private URI url = URI.create("/");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource
    void everyReceiverTellsGenuineMessagesOnceAndRefusesAllOthers(ClientLanguage language) throws Exception {
        try (CallbackReceiver receiver = language.receiver(directory, NEW, OLD)) {
            url = URI.create(receiver.url() + "/hook");

            String one = message("job.succeeded", "1");
            assertThat(genuine(NEW, "msg_1", one)).isEqualTo(204);
            assertThat(receiver.next()).isEqualTo("job.succeeded 1");
            assertThat(genuine(NEW, "msg_1", one)).as("again").isEqualTo(204);

            String two = message("job.failed", "2");
            String signature = signature(NEW, "msg_2", now, two);
            assertThat(deliver("msg_2", now, signature, one)).as("another body").isEqualTo(401);
            assertThat(deliver("msg_2", now - 1, signature, two))
                    .as("another time")
                    .isEqualTo(401);
            assertThat(deliver("msg_3", now, signature, two)).as("another id").isEqualTo(401);
            assertThat(genuine(FOREIGN, "msg_2", two)).as("another secret").isEqualTo(401);
            for (long time : new long[] {now - 400, now + 400}) {
                assertThat(deliver("msg_2", time, signature(NEW, "msg_2", time, two), two))
                        .as("not of now")
                        .isEqualTo(401);
            }
            for (String malformed :
                    new String[] {"v1,", "v1", "a" + signature, signature + "=", signature.substring(3)}) {
                assertThat(deliver("msg_2", now, malformed, two)).as(malformed).isEqualTo(401);
            }
            HttpRequest bare = HttpRequest.newBuilder(url)
                    .POST(BodyPublishers.ofString(two))
                    .build();
            assertThat(send(bare)).as("not signed").isEqualTo(401);
            // A longer one is not read to its end, and the answer may be lost with the connection.
            String longer = padded(two, MOST + 1);
            assertThat(genuine(NEW, "msg_2", longer)).as("too large").isEqualTo(413);

            // What was refused before is not taken for a message that came twice.
            assertThat(genuine(OLD, "msg_2", two)).as("the secret before").isEqualTo(204);
            assertThat(receiver.next()).isEqualTo("job.failed 2");

            String three = message("group.finished", "3");
            String several = signature(FOREIGN, "msg_3", now, three) + " " + signature(NEW, "msg_3", now, three);
            assertThat(deliver("msg_3", now, several, three))
                    .as("one of several")
                    .isEqualTo(204);
            assertThat(receiver.next()).isEqualTo("group.finished 3");

            String largest = padded(message("job.cancelled", "4"), MOST);
            assertThat(genuine(NEW, "msg_4", largest)).as("as large as may be").isEqualTo(204);
            assertThat(receiver.next()).isEqualTo("job.cancelled 4");
        }
    }

    /** Those that read their secrets with each message; the others do not start. */
    @ParameterizedTest
    @EnumSource(names = {"SHELL", "PHP"})
    void withoutASecretNothingIsAccepted(ClientLanguage language) throws Exception {
        try (CallbackReceiver receiver = language.receiver(directory, "")) {
            url = URI.create(receiver.url() + "/hook");
            assertThat(genuine(NEW, "msg_1", message("job.succeeded", "1"))).isEqualTo(500);
        }
    }

    private int genuine(String secret, String id, String body) throws Exception {
        return deliver(id, now, signature(secret, id, now, body), body);
    }

    private int deliver(String id, long timestamp, String signatures, String body) throws Exception {
        return send(HttpRequest.newBuilder(url)
                .header("webhook-id", id)
                .header("webhook-timestamp", Long.toString(timestamp))
                .header("webhook-signature", signatures)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build());
    }

    /** On a connection of its own: a receiver may close the last one just when it is used again. */
    private int send(HttpRequest request) throws Exception {
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private static String message(String type, String id) {
        return "{\"type\":\"%s\",\"timestamp\":\"2026-11-23T13:41:09.482Z\",\"data\":{\"id\":\"%s\"}}"
                .formatted(type, id);
    }

    private static String padded(String message, int length) {
        return message + " ".repeat(length - message.length());
    }

    /** As the reference implementation signs. */
    private static String signature(String secret, String id, long timestamp, String body) throws Exception {
        return new Webhook(secret).sign(id, timestamp, body);
    }

    private static String secret(int of) {
        byte[] key = new byte[32];
        key[0] = (byte) of;
        return "whsec_" + Base64.getEncoder().encodeToString(key);
    }
}
