package dev.sluice.journal.core;

import dev.sluice.job.JobRequest;
import dev.sluice.journal.IdempotencyKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Tells whether two requests under one idempotency key are the same: SHA-256 over method, target, media type and body.
 * Fed piece by piece while the body passes; not safe for use by several threads at once.
 */
public final class Fingerprint {

    private final MessageDigest digest = IdempotencyKey.sha256();

    public Fingerprint(JobRequest request) {
        add(request.method());
        add(request.target());
        add(request.headers().first("Content-Type").orElse(""));
    }

    /** Takes the next bytes of the body. */
    public void add(byte[] piece) {
        digest.update(piece);
    }

    /** 32 bytes; to be asked for once, after the last piece. */
    public byte[] bytes() {
        return digest.digest();
    }

    private void add(String part) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
        digest.update(bytes);
    }
}
