package dev.sluice.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JobTokensTest {

    private static final JobId ID = new JobId(0x0123456789abcdefL, -2);

    private final JobTokens tokens = new JobTokens("a secret of the installation".getBytes(StandardCharsets.US_ASCII));

    /** Made with another program, so that tokens that were handed out stay valid: {@code openssl dgst -sha256 -hmac}. */
    @Test
    void isTheHmacOfTheId() {
        assertThat(tokens.of(ID)).isEqualTo("ByGzazFe2UZntEIRnk0eUA").isEqualTo(tokens.of(ID));
    }

    @Test
    void isOfOneJobUnderOneSecret() {
        assertThat(tokens.matches(ID, tokens.of(ID))).isTrue();
        assertThat(tokens.matches(new JobId(ID.high(), -3), tokens.of(ID))).isFalse();
        assertThat(new JobTokens(JobTokens.newSecret()).matches(ID, tokens.of(ID)))
                .isFalse();
        assertThat(JobTokens.newSecret()).hasSize(32).isNotEqualTo(JobTokens.newSecret());
    }

    @Test
    void nothingElseMatches() {
        String token = tokens.of(ID);
        assertThat(token).matches("[A-Za-z0-9_-]{22}");
        for (String wrong : new String[] {"", token.substring(1), token + "=", token + "A", "½", "x".repeat(100_000)}) {
            assertThat(tokens.matches(ID, wrong)).isFalse();
        }
        for (int i = 0; i < token.length(); i++) {
            char other = token.charAt(i) == 'A' ? 'B' : 'A';
            assertThat(tokens.matches(ID, token.substring(0, i) + other + token.substring(i + 1)))
                    .isFalse();
        }
    }

    @Test
    void aCompletionTokenSaysWhichAttemptItIsOf() {
        JobTokens tokens = new JobTokens(JobTokens.newSecret());
        JobId job = new JobId(7, 8);
        String second = tokens.ofCompletion(job, 2);
        assertThat(tokens.completes(job, second)).hasValue(2);
        assertThat(tokens.completes(job, tokens.ofCompletion(job, 1))).hasValue(1);
        assertThat(second).matches("2\\.[A-Za-z0-9_-]{22}");
        for (String forged : new String[] {
            "",
            ".",
            "2.",
            second.substring(1),
            "1" + second.substring(1),
            "02" + second.substring(1),
            "+2" + second.substring(1),
            "99999999999" + second.substring(1),
            second + "x",
            tokens.of(job),
            "2." + tokens.of(job),
            tokens.ofCompletion(new JobId(7, 9), 2)
        }) {
            assertThat(tokens.completes(job, forged)).as(forged).isEmpty();
        }
        assertThat(tokens.matches(job, second)).isFalse();
    }
}
