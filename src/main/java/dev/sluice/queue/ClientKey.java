package dev.sluice.queue;

import dev.sluice.journal.IdempotencyKey;
import dev.sluice.route.RateLimit.By;
import io.netty.util.NetUtil;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Identifies a client in memory. Of an IPv6 address the first half, because a client may choose the second half anew for each
 * request; of a field's value a hash, because the value may be long and may be a credential.
 */
record ClientKey(long high, long low) {

    static ClientKey of(By by, String client) {
        byte[] address = by instanceof By.Ip ? NetUtil.createByteArrayFromIpAddressString(client) : null;
        if (address == null) {
            byte[] text = client.getBytes(StandardCharsets.UTF_8);
            ByteBuffer hash = ByteBuffer.wrap(IdempotencyKey.sha256().digest(text));
            return new ClientKey(hash.getLong(), hash.getLong());
        }
        ByteBuffer bytes = ByteBuffer.wrap(address);
        if (address.length == 4) {
            return new ClientKey(0, bytes.getInt());
        }
        // An IPv4-mapped address, as dual-stack proxies write it; their first halves are all the same.
        boolean mapped = bytes.getLong(0) == 0 && bytes.getInt(8) == 0xffff;
        return mapped ? new ClientKey(0, bytes.getInt(12)) : new ClientKey(bytes.getLong(0), 0);
    }
}
