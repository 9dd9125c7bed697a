package dev.sluice.ingress.forwarded;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;

/** A range of IP addresses, as in {@code 10.0.0.0/8}. */
public final class IpRange {

    private static final int MAPPED_BITS = 96;

    private final byte[] address;
    private final int bits;

    private IpRange(byte[] address, int bits) {
        this.address = address;
        this.bits = bits;
    }

    /** Reads an address, with the number of bits that count or without; null if it is malformed. */
    static @Nullable IpRange parse(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        byte[] address = IpAddresses.parse(literal);
        if (address == null) {
            return null;
        }
        int most = address.length * 8;
        int bits = slash < 0 ? most : number(text.substring(slash + 1));
        if (slash >= 0 && address.length == 4 && !NetUtil.isValidIpV4Address(literal)) {
            bits -= MAPPED_BITS; // they were counted in the IPv6 address that stands for this one
        }
        return bits < 0 || bits > most ? null : new IpRange(address, bits);
    }

    /** Whether an address is one of these. */
    boolean contains(byte[] other) {
        if (other.length != address.length) {
            return false;
        }
        int whole = bits / 8;
        for (int i = 0; i < whole; i++) {
            if (other[i] != address[i]) {
                return false;
            }
        }
        int rest = bits % 8;
        return rest == 0 || ((other[whole] ^ address[whole]) & 0xff) >> (8 - rest) == 0;
    }

    private static int number(String digits) {
        if (digits.isEmpty() || digits.length() > 3) {
            return -1;
        }
        int number = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            number = number * 10 + (c - '0');
        }
        return number;
    }
}
