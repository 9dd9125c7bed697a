package dev.sluice.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import com.standardwebhooks.Webhook;
import dev.sluice.job.Headers;
import dev.sluice.job.JobRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignerTest {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD0Tn3JHr4HcE=";
    private static final String BODY = "{\"test\": 2432232314}";

    /** The example of the specification. */
    @Test
    void theExampleOfTheSpecificationIsSignedAsThere() {
        JobRequest signed = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", BODY, Instant.ofEpochSecond(1_614_265_330), SECRET);
        assertThat(signed.headers().first("webhook-signature"))
                .contains("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assertThat(signed.headers().first("webhook-timestamp")).contains("1614265330");
    }

    @Test
    void theReferenceImplementationVerifiesWithEachSecret() throws Exception {
        JobRequest signed = sign("msg_1", "{\"umlaut\":\"ä\"}", Instant.now(), SECRET, OTHER);
        Map<String, List<String>> fields = new HashMap<>();
        signed.headers().fields().forEach(field -> fields.put(field.name(), List.of(field.value())));
        new Webhook(SECRET).verify("{\"umlaut\":\"ä\"}", fields);
        new Webhook(OTHER).verify("{\"umlaut\":\"ä\"}", fields);
        assertThat(signed.headers().first("webhook-signature").orElseThrow().split(" "))
                .hasSize(2)
                .allMatch(signature -> signature.startsWith("v1,"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "whsec_",
                "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "whsec_too+short",
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
                "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            })
    void aSecretThatIsNoneIsNotRead(String secret) {
        assertThat(Signer.key(secret)).isNull();
    }

    private static JobRequest sign(String id, String body, Instant at, String... secrets) {
        JobRequest message = new JobRequest("POST", "/", Headers.of(Signer.ID, id), JobRequest.Origin.GATEWAY);
        return new Signer(List.of(secrets)).sign(message, body.getBytes(StandardCharsets.UTF_8), at);
    }
}
