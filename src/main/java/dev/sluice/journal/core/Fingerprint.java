package dev.sluice.journal.core;

import dev.sluice.job.JobRequest;
import dev.sluice.journal.IdempotencyKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Identifies a request for the comparison of requests under one idempotency key: SHA-256 over method, target, media
 * type and body. Updated piece by piece as the body arrives; not thread-safe.
 */
public final class Fingerprint {

    private final MessageDigest digest = IdempotencyKey.sha256();

    public Fingerprint(JobRequest request) {
        add(request.method());
        add(request.target());
        add(request.headers().first("Content-Type").orElse(""));
    }

    /** Updates the fingerprint with the next bytes of the body. */
    public void add(byte[] piece) {
        digest.update(piece);
    }

    /** Returns the 32 bytes of the hash. To be called once, after the last piece. */
    public byte[] bytes() {
        return digest.digest();
    }

    private void add(String part) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
        digest.update(bytes);
    }
}
