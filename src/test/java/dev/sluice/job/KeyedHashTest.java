package dev.sluice.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyedHashTest {

    private static final byte[] SECRET = "a secret of the installation".getBytes(StandardCharsets.US_ASCII);

    private final KeyedHash hash = new KeyedHash(SECRET, "sender");

    /** The vectors of the reference implementation that are of even length: key 00 to 0f, text 00, 01, 02, ... */
    @ParameterizedTest
    @CsvSource({
        "0, 310e0edd47db6f72",
        "2, 5a4fa9d909806c0d",
        "4, b7877127e09427cf",
        "6, cee3fe586e46c9cb",
        "8, 6224939a79f5f593"
    })
    void isSipHash(int bytes, String expected) {
        byte[] key = new byte[16];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) i;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes; i += 2) {
            text.append((char) (i | (i + 1) << 8));
        }
        long sip = KeyedHash.withKey(key).sip(text.toString());
        assertThat(Long.toHexString(Long.reverseBytes(sip))).isEqualTo(expected);
    }

    @Test
    void isTheSameForOneSecretAndAnotherForAnother() {
        assertThat(new KeyedHash(SECRET, "sender").of("Bearer x")).isEqualTo(hash.of("Bearer x"));
        assertThat(new KeyedHash(JobTokens.newSecret(), "sender").of("Bearer x"))
                .isNotEqualTo(hash.of("Bearer x"));
        assertThat(new KeyedHash(SECRET, "client").of("Bearer x")).isNotEqualTo(hash.of("Bearer x"));
    }

    @Test
    void bytesAreAsTheCharactersOfThatCode() {
        assertThat(hash.of(new byte[] {1, -1})).isEqualTo(hash.of("\u0001\u00ff"));
    }

    @Test
    void nothingButAnEmptyTextIsZeroAndNoTwoAreTheSame() {
        assertThat(hash.of("")).isZero();
        Set<Long> hashes = new HashSet<>();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 2_000; i++) {
            text.append((char) (i % 300));
            hashes.add(hash.of(text.toString()));
        }
        assertThat(hashes).hasSize(2_000).doesNotContain(0L);
    }
}
