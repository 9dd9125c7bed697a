package dev.sluice.ingress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A request that is written as for HTTP/1.1 and said as a listener's kind of client would: over HTTP/2, by its preface or as
 * TLS negotiates it, where the listener takes it.
 *
 * @param head request line and fields but {@code Host}, without the empty line
 */
record Request(String head, byte[] body) {

    Request(String head) {
        this(head, new byte[0]);
    }

    /** The whole response. */
    Wire.Reply to(Transport transport, int port) throws IOException {
        if (transport == Transport.PLAIN) {
            return Wire.call(port, head + "\nHost: g", body);
        }
        try (Frames client = new Frames(transport, port)) {
            return say(client).read(1).reply();
        }
    }

    /** The head of a response that does not end by itself. */
    Wire.Reply headFrom(Transport transport, int port) throws IOException {
        if (transport == Transport.PLAIN) {
            try (Wire wire = new Wire(port)) {
                return wire.send(head + "\nHost: g\n\n").send(body).readHead();
            }
        }
        try (Frames client = new Frames(transport, port)) {
            return say(client).readHead(1);
        }
    }

    private Frames say(Frames client) throws IOException {
        String[] lines = head.split("\n");
        List<String> fields = new ArrayList<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            fields.add(lines[i].substring(0, colon).toLowerCase(Locale.ROOT));
            fields.add(lines[i].substring(colon + 1).strip());
        }
        client.head(1, body.length == 0, lines[0], fields.toArray(String[]::new));
        return body.length == 0 ? client : client.data(1, true, new String(body, ISO_8859_1));
    }
}
