package dev.sluice.ingress;

/** Host and port as they are written in {@code Host}. */
final class Hosts {

    /** Characters that stand for something else where hosts are written. */
    private static final String NEVER_IN_HOST = "\"#/<>?@\\^`{|}";

    private Hosts() {}

    /** Whether every character can be in one. */
    static boolean isPlain(String host) {
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c <= ' ' || c >= 0x7f || NEVER_IN_HOST.indexOf(c) >= 0) {
                return false;
            }
        }
        return true;
    }
}
