package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.NodePackages;
import dev.sluice.backend.ScriptedServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Azure's pollers, unmodified, finish what becomes of a job rightly. */
@Timeout(300)
class PollersTest {

    private static final String ANSWER = "{\"answer\":42}";

    @Test
    void azuresPollersFinishASuccessAFailureAndACancel() throws Exception {
        ScriptedServer backend = new ScriptedServer(conversation -> {
            for (String request = conversation.request(); request != null; request = conversation.request()) {
                if (request.contains(" /azure/cancel ")) {
                    conversation.awaitClose(); // the gateway aborts the call of a cancelled job
                    return;
                }
                String status = request.contains(" /azure/fail ") ? "500 Internal Server Error" : "200 OK";
                conversation.say("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: "
                        + ANSWER.length() + "\r\n\r\n" + ANSWER);
            }
        });
        List<JsonNode> runs = new ArrayList<>();
        try (backend;
                Listeners gateway = Listeners.dispatching(
                        "sluice.routes.any.path=/azure/{what}",
                        "sluice.routes.any.backend=" + backend.uri(),
                        "sluice.routes.any.attempts=1")) {
            String printed = NodePackages.run(
                    "pollers.mjs", "http://127.0.0.1:" + gateway.port(), "/azure/done", "/azure/fail", "/azure/cancel");
            new JsonMapper().readTree(printed).forEach(runs::add);
        }
        assertThat(runs).hasSize(12).allSatisfy(run -> {
            assertThat(run.get("polls").asInt()).as("%s", run).isPositive();
            switch (run.get("path").asString()) {
                case "/azure/done" ->
                    assertThat(run.path("result").path("answer").asInt())
                            .as("the result, and not the job: %s", run)
                            .isEqualTo(42);
                case "/azure/fail" -> {
                    assertThat(run.has("result")).as("%s", run).isFalse();
                    assertThat(run.path("message").asString()).contains("500");
                }
                default -> assertThat(run.path("message").asString()).containsIgnoringCase("cancel");
            }
        });
    }
}
