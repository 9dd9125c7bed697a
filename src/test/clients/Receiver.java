import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Receives callbacks, checks their signatures (Standard Webhooks 1.0) and prints what they tell. Several secrets, separated by
 * commas, are accepted side by side while they are rotated.
 *
 * <p>{@code java Receiver.java whsec_...[,whsec_...] [port]}
 */
class Receiver {

    /** What the clocks may differ by, and what a replayed message is refused after. */
    private static final Duration TOLERANCE = Duration.ofMinutes(5);

    private static final int MOST = 1 << 20;

    public static void main(String[] args) throws Exception {
        List<SecretKeySpec> keys =
                Stream.of(args[0].split(",")).map(Receiver::key).toList();
        Set<String> seen = ConcurrentHashMap.newKeySet(); // in earnest on stable storage: a message may come twice
        int port = args.length > 1 ? Integer.parseInt(args[1]) : 9001;
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", exchange -> {
            byte[] body = exchange.getRequestBody().readNBytes(MOST + 1);
            exchange.sendResponseHeaders(receive(keys, exchange.getRequestHeaders(), body, seen), -1);
            exchange.close();
        });
        server.setExecutor(Executors.newFixedThreadPool(16)); // one that sends slowly delays no other
        server.start();
        System.out.println("listening on " + server.getAddress().getPort());
    }

    private static int receive(List<SecretKeySpec> keys, Headers fields, byte[] body, Set<String> seen) {
        if (body.length > MOST) {
            return 413;
        }
        if (!genuine(keys, fields, body)) {
            return 401;
        }
        if (seen.add(fields.getFirst("webhook-id"))) {
            String told = new String(body, StandardCharsets.UTF_8);
            System.out.println(find("\"type\":\"([^\"]+)\"", told) + " " + find("\"id\":\"([^\"]+)\"", told));
        }
        return 204; // 2xx: it need not be sent again
    }

    /** Whether one of the signatures is ours, and the message is of now. */
    private static boolean genuine(List<SecretKeySpec> keys, Headers fields, byte[] body) {
        String id = fields.getFirst("webhook-id");
        String sent = fields.getFirst("webhook-timestamp");
        String signatures = fields.getFirst("webhook-signature");
        if (id == null || signatures == null || sent == null || !sent.matches("[0-9]{1,11}")) {
            return false;
        }
        Instant at = Instant.ofEpochSecond(Long.parseLong(sent));
        if (Duration.between(at, Instant.now()).abs().compareTo(TOLERANCE) > 0) {
            return false;
        }
        for (SecretKeySpec key : keys) {
            byte[] expected = ("v1," + signature(key, id + "." + sent + ".", body)).getBytes(StandardCharsets.UTF_8);
            for (String signature : signatures.split(" ")) {
                if (MessageDigest.isEqual(expected, signature.getBytes(StandardCharsets.UTF_8))) { // in constant time
                    return true;
                }
            }
        }
        return false;
    }

    private static SecretKeySpec key(String secret) {
        byte[] decoded = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
        if (decoded.length < 24) {
            throw new IllegalArgumentException("a secret has at least 24 bytes");
        }
        return new SecretKeySpec(decoded, "HmacSHA256");
    }

    private static String signature(SecretKeySpec key, String head, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            mac.update(head.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /** In earnest with a JSON parser, which the JDK lacks. */
    private static String find(String pattern, String json) {
        Matcher matcher = Pattern.compile(pattern).matcher(json);
        return matcher.find() ? matcher.group(1) : "";
    }
}
