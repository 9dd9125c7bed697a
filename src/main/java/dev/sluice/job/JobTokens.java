package dev.sluice.job;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.OptionalInt;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The tokens that authorize a backend to report on a job, and to complete an attempt of it: the HMAC-SHA-256 of the job's id, and
 * of the attempt, under a secret of the installation, cut to 128 bits. They are derived, not stored, and are the same after a
 * restart. The token for reports is the same in every attempt. Thread-safe.
 */
public final class JobTokens {

    private static final String ALGORITHM = "HmacSHA256";
    private static final int BYTES = 16;
    private static final int SECRET_BYTES = 32;

    /** Digits of an attempt. */
    private static final int LONGEST_ATTEMPT = 9;

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
        return text(id(job));
    }

    /** Whether a text is the token of a job. Compares in constant time. */
    public boolean matches(JobId job, String text) {
        return equal(of(job), text);
    }

    /** Returns the token with which an attempt of a job is completed. It says which attempt that is. */
    public String ofCompletion(JobId job, int attempt) {
        byte[] completion = Arrays.copyOf(id(job), JobId.BYTES + Integer.BYTES); // longer than what reports have
        for (int i = 0; i < Integer.BYTES; i++) {
            completion[JobId.BYTES + i] = (byte) (attempt >>> (24 - 8 * i));
        }
        return attempt + "." + text(completion);
    }

    /** Returns the attempt that a token completes; empty if it is none of this job. Compares in constant time. */
    public OptionalInt completes(JobId job, String token) {
        int dot = token.indexOf('.');
        if (dot < 1 || dot > LONGEST_ATTEMPT || !token.chars().limit(dot).allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalInt.empty();
        }
        int attempt = Integer.parseInt(token.substring(0, dot));
        return equal(ofCompletion(job, attempt), token) ? OptionalInt.of(attempt) : OptionalInt.empty();
    }

    private static boolean equal(String token, String text) {
        return MessageDigest.isEqual(token.getBytes(StandardCharsets.US_ASCII), text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] id(JobId job) {
        byte[] id = new byte[JobId.BYTES];
        job.writeTo(id, 0);
        return id;
    }

    private String text(byte[] what) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(hash(what));
    }

    private byte[] hash(byte[] what) {
        try {
            return Arrays.copyOf(((Mac) mac.clone()).doFinal(what), BYTES);
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("this JDK's " + ALGORITHM + " cannot be copied", e);
        }
    }
}
