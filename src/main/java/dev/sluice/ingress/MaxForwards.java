package dev.sluice.ingress;

import dev.sluice.http.HeaderNames;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.route.Route;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import reactor.core.publisher.Mono;

/** Answers a TRACE or OPTIONS that is not to go beyond the gateway (RFC 9110, 7.6.2). */
final class MaxForwards {

    private static final String NAME = "Max-Forwards";
    private static final AsciiString MESSAGE = AsciiString.cached("message/http");
    private static final List<String> ALL =
            List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE");

    /** What a trace shows of a request: the way it took, and nothing that could be a secret (RFC 9110, 9.3.8). */
    private static final List<CharSequence> TRACED =
            List.of(HttpHeaderNames.HOST, HttpHeaderNames.VIA, HttpHeaderNames.MAX_FORWARDS);

    private MaxForwards() {}

    /** Whether the gateway is as far as the request may go. */
    static boolean endHere(Exchange exchange) {
        String method = exchange.method();
        if (!method.equals("TRACE") && !method.equals("OPTIONS")) {
            return false;
        }
        List<String> values = exchange.fields(NAME);
        return values.size() == 1 && values.get(0).strip().matches("0{1,9}");
    }

    /** Answers in the place of the route's backend. */
    static Mono<Void> answer(Exchange exchange, Route route) {
        if (exchange.method().equals("TRACE")) {
            return exchange.response().send(200, MESSAGE, trace(exchange));
        }
        Set<String> allowed = new TreeSet<>(
                route.match().methods().isEmpty() ? ALL : route.match().methods());
        return exchange.response()
                .with(HeaderNames.ALLOW, String.join(", ", allowed))
                .send(204);
    }

    private static byte[] trace(Exchange exchange) {
        StringBuilder message =
                new StringBuilder("TRACE ").append(exchange.target().raw()).append(" HTTP/1.1\r\n");
        for (CharSequence name : TRACED) {
            for (String value : exchange.fields(name)) {
                message.append(name).append(": ").append(value).append("\r\n");
            }
        }
        return message.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
