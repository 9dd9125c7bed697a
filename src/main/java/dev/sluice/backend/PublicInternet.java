package dev.sluice.backend;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * Which addresses belong to hosts of the public internet: those that IANA's registries of special-purpose addresses (RFC 6890)
 * do not set aside. Of IPv6 only global unicast counts, without the parts that embed addresses of IPv4 (6to4, Teredo). So private,
 * loopback, link-local, unique-local, shared (RFC 6598), unspecified, multicast, documentation, benchmarking and reserved addresses
 * do not belong, nor do those that stand for one of IPv4: mapped, compatible and translated (NAT64) ones, whatever they stand for.
 */
final class PublicInternet {

    private static final Prefix[] SPECIAL = {
        new Prefix(0x00000000, 8), // this network
        new Prefix(0x0a000000, 8), // private
        new Prefix(0x64400000, 10), // shared with the customers of a provider
        new Prefix(0x7f000000, 8), // loopback
        new Prefix(0xa9fe0000, 16), // link-local, metadata of clouds
        new Prefix(0xac100000, 12), // private
        new Prefix(0xc0000000, 24), // protocol assignments
        new Prefix(0xc0000200, 24), // documentation
        new Prefix(0xc0586300, 24), // 6to4 relays
        new Prefix(0xc0a80000, 16), // private
        new Prefix(0xc6120000, 15), // benchmarking
        new Prefix(0xc6336400, 24), // documentation
        new Prefix(0xcb007100, 24), // documentation
        new Prefix(0xe0000000, 3), // multicast, reserved, broadcast
    };

    /** The begin of an address of IPv4. */
    private record Prefix(int begin, int bits) {
        boolean matches(int address) {
            return (address ^ begin) >>> (32 - bits) == 0;
        }
    }

    private PublicInternet() {}

    static boolean includes(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet4Address ? isGlobal(bytes.getInt()) : isGlobal(bytes.getLong());
    }

    private static boolean isGlobal(int address) {
        for (Prefix special : SPECIAL) {
            if (special.matches(address)) {
                return false;
            }
        }
        return true;
    }

    /** The first half of an address of IPv6 decides. */
    private static boolean isGlobal(long half) {
        return half >>> 61 == 0b001 // 2000::/3
                && half >>> 41 != 0x20010000L >>> 9 // 2001::/23: Teredo, ORCHID, benchmarking
                && half >>> 32 != 0x20010db8L // documentation
                && half >>> 48 != 0x2002L // 6to4
                && half >>> 44 != 0x3fff0L; // documentation
    }
}
