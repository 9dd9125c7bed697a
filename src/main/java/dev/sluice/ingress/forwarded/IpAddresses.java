package dev.sluice.ingress.forwarded;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads IP addresses. An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) is read as the IPv4 address. Names are never looked
 * up, as {@link InetAddress#getByName} would.
 */
final class IpAddresses {

    /** An address in brackets, or without, and a port, perhaps an obfuscated one (RFC 7239, 6). It never backtracks. */
    private static final Pattern NODE = Pattern.compile("(?:\\[([^\\]]*+)]|([^:\\[]*+))(?::(?:[0-9]{1,5}|_.*))?");

    private IpAddresses() {}

    /** The address of a literal, without brackets, zone or port; null if it is malformed. */
    static @Nullable InetAddress parse(String literal) {
        if (literal.isEmpty() || literal.charAt(0) == '[' || literal.indexOf('%') >= 0) {
            return null;
        }
        byte[] address = NetUtil.createByteArrayFromIpAddressString(literal);
        return address == null ? null : of(address);
    }

    /** The address in a node of {@code Forwarded} or {@code X-Forwarded-For}, which may have a port; null if there is none. */
    static @Nullable InetAddress ofNode(String node) {
        Matcher parts = NODE.matcher(node);
        if (!parts.matches()) {
            return parse(node);
        }
        String bracketed = parts.group(1);
        if (bracketed == null) {
            return parse(parts.group(2));
        }
        return bracketed.indexOf(':') < 0 ? null : parse(bracketed); // only IPv6 is written in brackets
    }

    /** The same address, as one of IPv4 if it is mapped. */
    static InetAddress unmapped(InetAddress address) {
        return of(address.getAddress());
    }

    /** As RFC 5952 writes it. */
    static String text(InetAddress address) {
        return NetUtil.toAddressString(address);
    }

    private static InetAddress of(byte[] address) {
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException impossible) { // it has 4 or 16 bytes
            throw new IllegalArgumentException(impossible);
        }
    }
}
