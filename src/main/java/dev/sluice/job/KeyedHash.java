package dev.sluice.job;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Hashes of what identifies clients, which may be credentials and are stored with jobs: SipHash-2-4 (Aumasson and Bernstein, 2012)
 * of the characters in UTF-16, low byte first. They are keyed by the secret of the installation, so that nobody who reads them can
 * tell which value they are of by trying; they are the same on all nodes and after a restart. Takes about two nanoseconds for each
 * character. Thread-safe.
 */
public final class KeyedHash {

    private static final String DERIVATION = "HmacSHA256";

    private final long k0;
    private final long k1;

    /**
     * Creates the hashes of an installation.
     *
     * @param use what they are for, so that those of other uses differ
     */
    public KeyedHash(byte[] secret, String use) {
        this(ByteBuffer.wrap(derived(secret, use)).order(ByteOrder.LITTLE_ENDIAN));
    }

    private KeyedHash(ByteBuffer key) {
        k0 = key.getLong();
        k1 = key.getLong();
    }

    /** Creates the hash with a key of 16 bytes. */
    static KeyedHash withKey(byte[] key) {
        return new KeyedHash(ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** Returns the hash of a text; 0 only for an empty one. */
    public long of(String text) {
        if (text.isEmpty()) {
            return 0;
        }
        long hash = sip(text);
        return hash == 0 ? 1 : hash;
    }

    /** Returns the hash of some bytes; 0 only for none. */
    public long of(byte[] value) {
        return of(new String(value, StandardCharsets.ISO_8859_1));
    }

    long sip(String text) {
        long v0 = k0 ^ 0x736f6d6570736575L;
        long v1 = k1 ^ 0x646f72616e646f6dL;
        long v2 = k0 ^ 0x6c7967656e657261L;
        long v3 = k1 ^ 0x7465646279746573L;
        int length = text.length();
        int whole = length & ~3;
        long last = ((long) length * Character.BYTES) << 56;
        for (int i = 0; i < length - whole; i++) {
            last |= (long) text.charAt(whole + i) << (16 * i);
        }
        for (int i = 0; i <= whole + 4; i += 4) {
            long word;
            int rounds = 2;
            if (i < whole) {
                word = text.charAt(i)
                        | (long) text.charAt(i + 1) << 16
                        | (long) text.charAt(i + 2) << 32
                        | (long) text.charAt(i + 3) << 48;
            } else if (i == whole) {
                word = last;
            } else {
                word = 0;
                rounds = 4;
                v2 ^= 0xff;
            }
            v3 ^= word;
            for (int round = 0; round < rounds; round++) {
                v0 += v1;
                v2 += v3;
                v1 = Long.rotateLeft(v1, 13) ^ v0;
                v3 = Long.rotateLeft(v3, 16) ^ v2;
                v0 = Long.rotateLeft(v0, 32);
                v2 += v1;
                v0 += v3;
                v1 = Long.rotateLeft(v1, 17) ^ v2;
                v3 = Long.rotateLeft(v3, 21) ^ v0;
                v2 = Long.rotateLeft(v2, 32);
            }
            v0 ^= word;
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static byte[] derived(byte[] secret, String use) {
        try {
            Mac mac = Mac.getInstance(DERIVATION);
            mac.init(new SecretKeySpec(secret, DERIVATION));
            return mac.doFinal(use.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + DERIVATION + ", which every JDK must have", e);
        }
    }
}
