package dev.sluice.ingress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Wire.Reply;
import dev.sluice.job.Problem;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What holds of every answer, whatever was asked. */
final class Contract {

    private static final Set<Integer> STATUSES = Set.of(
            100, 200, 202, 204, 206, 303, 304, 400, 403, 404, 405, 410, 413, 414, 415, 416, 417, 422, 429, 431, 501,
            502, 503, 504, 505);

    /** Of these a client may be told without a word, because its message was not HTTP. */
    private static final Set<Integer> BARE = Set.of(400, 413, 414, 417, 431, 501, 505);

    private static final Pattern LEAKS = Pattern.compile(
            "netty|reactor|spring|rocksdb|jackson|whitelabel|<html|exception|dev\\.sluice|java\\.|\\.java|\\tat |/work|/tmp|target/|127\\.0\\.0\\.1",
            Pattern.CASE_INSENSITIVE);

    private Contract() {}

    static void check(Reply reply) {
        assertThat(STATUSES).contains(reply.status());
        assertThat(reply.field("X-Injected")).isNull();
        assertThat(reply.field("Server")).isNull();
        assertThat(String.join("\n", reply.fields())).doesNotContainPattern(LEAKS);
        if (reply.field(Echo.NAME) != null) {
            return; // what a backend says is the backend's
        }
        assertThat(reply.text()).doesNotContainPattern(LEAKS);
        if (reply.status() >= 400) {
            checkError(reply);
        }
    }

    private static void checkError(Reply reply) {
        if (reply.body().length == 0 && reply.field("Content-Type") == null) {
            assertThat(BARE).contains(reply.status());
            assertThat(reply.field("Connection")).as("bare %s", reply.status()).isEqualTo("close");
            return;
        }
        assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
        if (reply.body().length == 0 || !reply.field("Content-Length").equals(Integer.toString(reply.body().length))) {
            return; // to HEAD, or cut off
        }
        JsonNode problem = reply.json();
        assertThat(problem.get("status").asInt()).isEqualTo(reply.status());
        assertThat(problem.get("title").asString()).isNotEmpty();
        assertThat(problem.get("detail").asString()).isNotEmpty();
        assertThat(problem.get("retryable").isBoolean()).isTrue();
        assertThat(Arrays.stream(Problem.values()).map(Problem::type))
                .contains(problem.get("type").asString());
    }
}
