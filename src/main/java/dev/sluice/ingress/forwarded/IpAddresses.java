package dev.sluice.ingress.forwarded;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * IP addresses as bytes and as text. An IPv4 address that comes in the clothes of IPv6 is one of IPv4. Names are never
 * looked up.
 */
public final class IpAddresses {

    private static final int MAPPED = 12; // bytes before the IPv4 address in an IPv6 one, RFC 4291, 2.5.5.2

    private IpAddresses() {}

    /** The address of a literal, without brackets, zone or port; null if it is none. */
    static byte @Nullable [] parse(String literal) {
        if (literal.isEmpty() || literal.charAt(0) == '[' || literal.indexOf('%') >= 0) {
            return null;
        }
        byte[] address = NetUtil.createByteArrayFromIpAddressString(literal);
        return address == null ? null : plain(address);
    }

    /** The address in a node of {@code Forwarded} or {@code X-Forwarded-For}, which may have a port; null if it is none. */
    static byte @Nullable [] ofNode(String node) {
        int colon = node.lastIndexOf(':');
        if (node.startsWith("[")) {
            int close = node.indexOf(']');
            boolean whole = close == node.length() - 1 || (close == colon - 1 && isPort(node, colon + 1));
            String inside = whole && close > 0 ? node.substring(1, close) : "";
            return inside.indexOf(':') < 0 ? null : parse(inside);
        } else if (colon >= 0 && colon == node.indexOf(':')) {
            return isPort(node, colon + 1) ? parse(node.substring(0, colon)) : null;
        }
        return parse(node);
    }

    static byte[] of(InetAddress address) {
        return plain(address.getAddress());
    }

    /** As RFC 5952 writes it. */
    static String text(byte[] address) {
        return NetUtil.bytesToIpAddress(address);
    }

    private static byte[] plain(byte[] address) {
        return isMapped(address) ? Arrays.copyOfRange(address, MAPPED, address.length) : address;
    }

    static boolean isMapped(byte[] address) {
        if (address.length != 16 || address[10] != -1 || address[11] != -1) {
            return false;
        }
        for (int i = 0; i < 10; i++) {
            if (address[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** Digits, or the name of a port that is kept secret (RFC 7239, 6). */
    private static boolean isPort(String node, int from) {
        boolean secret = from < node.length() && node.charAt(from) == '_';
        for (int i = from; i < node.length(); i++) {
            char c = node.charAt(i);
            if (!secret && (c < '0' || c > '9')) {
                return false;
            }
        }
        return from < node.length() && (secret || node.length() - from <= 5);
    }
}
