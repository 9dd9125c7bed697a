package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What one connection sends: a request, spoiled or not, in one or more pieces. The same for the same seed.
 *
 * @param seed which one
 * @param request its bytes
 * @param pieces how many writes it takes
 */
record Case(int seed, byte[] request, int pieces) {

    static Case of(int seed, List<String> jobs) {
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        Draft draft = new Requests(jobs, random).next(seed);
        boolean spoiled = random.nextInt(4) > 0;
        for (int i = random.nextInt(3); spoiled && i > 0; i--) {
            Spoiling.spoil(draft, random);
        }
        byte[] bytes = draft.bytes();
        for (int i = random.nextInt(4) - 1; spoiled && i > 0 && bytes.length > 0; i--) {
            bytes = Spoiling.spoil(bytes, random);
        }
        int pieces = random.nextInt(4) == 0 ? 1 + random.nextInt(20) : 1;
        return new Case(seed, bytes, Math.min(pieces, Math.max(1, bytes.length)));
    }

    /** The piece with this number. */
    byte[] piece(int number) {
        long length = request.length;
        return Arrays.copyOfRange(request, (int) (length * number / pieces), (int) (length * (number + 1) / pieces));
    }

    /** A request in order that follows on the same connection: the last that is answered on it, or never seen. */
    byte[] marker() {
        return ("GET " + markerPath() + " HTTP/1.1\r\nHost: marker.example\r\n\r\n").getBytes(ISO_8859_1);
    }

    String markerPath() {
        return "/sync/marker/" + seed;
    }

    String markerAnswer() {
        return "GET " + markerPath() + " 0";
    }

    String text() {
        return new String(request, ISO_8859_1);
    }

    @Override
    public String toString() {
        String text = text();
        String shown = text.length() > 3_000 ? text.substring(0, 3_000) + "..." : text;
        return "case " + seed + " in " + pieces + " pieces: " + Escaped.of(shown);
    }
}
