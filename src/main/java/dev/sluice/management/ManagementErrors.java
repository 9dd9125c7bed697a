package dev.sluice.management;

import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;

/** Answers errors of the management listener as {@code application/problem+json}, with the status and nothing else. */
final class ManagementErrors implements WebExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ManagementErrors.class);

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable error) {
        ServerHttpResponse response = exchange.getResponse();
        if (response.isCommitted()) {
            return Mono.error(error);
        }
        HttpStatusCode status = HttpStatusCode.valueOf(500);
        if (error instanceof ErrorResponse answer) {
            status = answer.getStatusCode();
            HttpHeaders fields = answer.getHeaders();
            response.getHeaders().putAll(fields);
        } else {
            LOG.error("A request of the management listener failed for a reason nobody expected", error);
        }
        response.setStatusCode(status);
        response.getHeaders().setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        byte[] body =
                ("{\"type\":\"about:blank\",\"status\":" + status.value() + "}").getBytes(StandardCharsets.US_ASCII);
        return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
    }
}
