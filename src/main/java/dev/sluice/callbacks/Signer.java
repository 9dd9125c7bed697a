package dev.sluice.callbacks;

import dev.sluice.job.Headers;
import dev.sluice.job.Headers.Header;
import dev.sluice.job.JobRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Signs messages as Standard Webhooks 1.0 says: {@code v1} is HMAC-SHA256 over id, timestamp and body. While secrets are changed
 * there is one signature for each, so that a receiver needs to know one of them. Immutable.
 */
public final class Signer {

    /** Names a message: the same in every delivery of it. */
    static final String ID = "webhook-id";

    private static final String TIMESTAMP = "webhook-timestamp";
    private static final String SIGNATURE = "webhook-signature";
    private static final String PREFIX = "whsec_";
    private static final String ALGORITHM = "HmacSHA256";
    private static final int SHORTEST = 24;
    private static final int LONGEST = 64;

    private final List<SecretKeySpec> keys;

    /** Makes a signer with secrets that {@link #key} can read. */
    Signer(List<String> secrets) {
        this.keys = secrets.stream()
                .map(secret -> new SecretKeySpec(Objects.requireNonNull(key(secret)), ALGORITHM))
                .toList();
    }

    /** The bytes of a secret; null if it is malformed. */
    static byte @Nullable [] key(String secret) {
        if (!secret.startsWith(PREFIX)) {
            return null;
        }
        try {
            byte[] key = Base64.getDecoder().decode(secret.substring(PREFIX.length()));
            return key.length < SHORTEST || key.length > LONGEST ? null : key;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /**
     * Adds timestamp and signatures to a message.
     *
     * @param message a request with the field {@value #ID}
     * @param at when it is sent
     */
    public JobRequest sign(JobRequest message, byte[] body, Instant at) {
        String id = message.headers().first(ID).orElseThrow();
        String timestamp = Long.toString(at.getEpochSecond());
        byte[] begin = (id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8);
        List<String> signatures =
                keys.stream().map(key -> "v1," + signature(key, begin, body)).toList();
        List<Header> fields = new ArrayList<>(message.headers().fields());
        fields.add(new Header(TIMESTAMP, timestamp));
        fields.add(new Header(SIGNATURE, String.join(" ", signatures)));
        return new JobRequest(message.method(), message.target(), new Headers(fields), message.origin());
    }

    private static String signature(SecretKeySpec key, byte[] begin, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(begin);
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + ALGORITHM + ", which every JDK must have", e);
        }
    }
}
