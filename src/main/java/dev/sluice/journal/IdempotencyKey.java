package dev.sluice.journal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * An {@code Idempotency-Key} within its scope: the route and the caller. Only the hash of the three is ever kept, so
 * neither the key nor the caller's credentials can be read back from the journal.
 *
 * @param hash 64 hexadecimal digits
 */
public record IdempotencyKey(String hash) {

    /**
     * Makes the key of a caller on a route.
     *
     * @param caller who sent it, such as the value of {@code Authorization}; empty for nobody in particular
     */
    public static IdempotencyKey of(String route, String caller, String key) {
        MessageDigest digest = sha256();
        for (String part : new String[] {route, caller, key}) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
            digest.update(bytes);
        }
        return new IdempotencyKey(HexFormat.of().formatHex(digest.digest()));
    }

    /** SHA-256, which every JDK has. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256, which every JDK must have", e);
        }
    }
}
