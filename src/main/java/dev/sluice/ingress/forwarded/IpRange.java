package dev.sluice.ingress.forwarded;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A range of IP addresses, as in {@code 10.0.0.0/8}. Matched by Netty's rule but read here, as that would look up a host name in
 * place of an address.
 */
public final class IpRange {

    private static final Pattern CIDR = Pattern.compile("([^/]*)(?:/([0-9]{1,3}))?");
    private static final int MAPPED_BITS = 96;

    private final IpSubnetFilterRule rule;

    private IpRange(InetAddress address, int bits) {
        this.rule = new IpSubnetFilterRule(address, bits, IpFilterRuleType.ACCEPT);
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
    boolean contains(InetAddress address) {
        return rule.matches(new InetSocketAddress(address, 0));
    }
}
