package dev.sluice.ingress;

import java.util.function.Supplier;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseCookie;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * A response that the handler writes to the exchange itself, without codecs, because bodies are encoded already. Its status and
 * header fields are those of the exchange, and are final once it is written.
 */
final class WrittenResponse implements ServerResponse {

    private final ServerWebExchange exchange;
    private final Supplier<Mono<Void>> writing;

    WrittenResponse(ServerWebExchange exchange, Supplier<Mono<Void>> writing) {
        this.exchange = exchange;
        this.writing = writing;
    }

    @Override
    public HttpStatusCode statusCode() {
        HttpStatusCode set = exchange.getResponse().getStatusCode();
        return set == null ? HttpStatusCode.valueOf(200) : set;
    }

    @Override
    public HttpHeaders headers() {
        return exchange.getResponse().getHeaders();
    }

    @Override
    public MultiValueMap<String, ResponseCookie> cookies() {
        return exchange.getResponse().getCookies();
    }

    @Override
    public Mono<Void> writeTo(ServerWebExchange same, Context context) {
        return writing.get();
    }
}
