package dev.sluice.job;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The token that authorizes a backend to report on a job: the HMAC-SHA-256 of the job's id under a secret of the
 * installation, cut to 128 bits. It is derived, not stored, and is the same in every attempt and after a restart.
 * Thread-safe.
 */
public final class JobTokens {

    private static final String ALGORITHM = "HmacSHA256";
    private static final int BYTES = 16;
    private static final int SECRET_BYTES = 32;

    /**
     * Only cloned, never used itself: cloning is cheap, while {@code Mac.getInstance} takes a lock that all threads
     * share.
     */
    private final Mac mac;

    /** Creates a random secret, to be stored and passed to the constructor. Blocks. */
    public static byte[] newSecret() {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        return secret;
    }

    /** Creates the tokens of the installation that has this secret. */
    public JobTokens(byte[] secret) {
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + ALGORITHM + ", which every JDK must have", e);
        }
    }

    /** Returns the token of a job: 22 characters that need no escaping in a URL. */
    public String of(JobId job) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(job));
    }

    /** Whether a text is the token of a job. Compares in constant time. */
    public boolean matches(JobId job, String text) {
        return MessageDigest.isEqual(
                of(job).getBytes(StandardCharsets.US_ASCII), text.getBytes(StandardCharsets.UTF_8));
    }

    private byte[] bytes(JobId job) {
        byte[] id = new byte[JobId.BYTES];
        job.writeTo(id, 0);
        try {
            return Arrays.copyOf(((Mac) mac.clone()).doFinal(id), BYTES);
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("this JDK's " + ALGORITHM + " cannot be copied", e);
        }
    }
}
