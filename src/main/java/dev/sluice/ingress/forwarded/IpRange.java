package dev.sluice.ingress.forwarded;

import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A range of IP addresses, as in {@code 10.0.0.0/8}. Netty's {@code IpSubnetFilterRule} would look up a host name in place of
 * an address, and takes any IPv6 address whose prefix is all ones for one of the range: {@code fe80::1} for one of
 * {@code fc00::/7}.
 */
final class IpRange {

    private static final Pattern CIDR = Pattern.compile("([^/]*)(?:/([0-9]{1,3}))?");
    private static final int MAPPED_BITS = 96;

    private final byte[] address;
    private final int bits;

    private IpRange(InetAddress address, int bits) {
        this.address = address.getAddress();
        this.bits = bits;
    }

    /** Reads an address with or without the length of its prefix; null if it is malformed. */
    static @Nullable IpRange parse(String text) {
        Matcher cidr = CIDR.matcher(text);
        InetAddress address = cidr.matches() ? IpAddresses.parse(cidr.group(1)) : null;
        if (address == null) {
            return null;
        }
        int most = address instanceof Inet4Address ? 32 : 128;
        int bits = cidr.group(2) == null ? most : Integer.parseInt(cidr.group(2));
        if (cidr.group(2) != null && most == 32 && !NetUtil.isValidIpV4Address(cidr.group(1))) {
            bits -= MAPPED_BITS; // they were counted in the IPv6 address that this one was mapped to
        }
        return bits < 0 || bits > most ? null : new IpRange(address, bits);
    }

    /** Whether an address is in the range. */
    boolean contains(InetAddress candidate) {
        byte[] other = candidate.getAddress();
        int bytes = bits / 8;
        int rest = bits % 8;
        return other.length == address.length
                && Arrays.equals(address, 0, bytes, other, 0, bytes)
                && (rest == 0 || ((address[bytes] ^ other[bytes]) & 0xff) >>> (8 - rest) == 0);
    }
}
