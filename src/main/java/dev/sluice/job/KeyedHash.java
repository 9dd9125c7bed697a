package dev.sluice.job;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Hashes of what identifies clients, which may be credentials and are stored with jobs. They are keyed by the secret of the
 * installation, so that nobody who reads them can tell which value they are of by trying. Thread-safe.
 */
public final class KeyedHash {

    private static final String ALGORITHM = "HmacSHA256";

    /** Only cloned: cloning is cheap, while {@code Mac.getInstance} takes a lock that all threads share. */
    private final Mac mac;

    /**
     * Creates the hashes of an installation.
     *
     * @param use what they are for, so that those of other uses differ
     */
    public KeyedHash(byte[] secret, String use) {
        try {
            Mac outer = Mac.getInstance(ALGORITHM);
            outer.init(new SecretKeySpec(secret, ALGORITHM));
            mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(outer.doFinal(use.getBytes(StandardCharsets.UTF_8)), ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + ALGORITHM + ", which every JDK must have", e);
        }
    }

    /** Returns the hash of some bytes, never 0. */
    public long of(byte[] value) {
        try {
            long hash = ByteBuffer.wrap(((Mac) mac.clone()).doFinal(value)).getLong();
            return hash == 0 ? 1 : hash;
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("this JDK's " + ALGORITHM + " cannot be copied", e);
        }
    }
}
