package dev.sluice.ingress.exchange;

import dev.sluice.ingress.connection.ConnectionLimit;
import dev.sluice.ingress.connection.Guards;
import dev.sluice.ingress.header.DateField;
import dev.sluice.waiting.WaitingBytes;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import org.reactivestreams.Publisher;
import org.springframework.http.server.reactive.HttpHandler;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Passes the requests of Reactor Netty to WebFlux. Replaces Spring's adapter, which changes or refuses targets. */
public final class PublicListener implements BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {

    private final HttpHandler handler;
    private final DateField date;
    private final WaitingBytes waiting;
    private final BooleanSupplier alone;

    /**
     * Creates a listener.
     *
     * @param alone whether nothing of an application's own waits for the end of an exchange, such as a filter
     */
    public PublicListener(HttpHandler handler, DateField date, WaitingBytes waiting, BooleanSupplier alone) {
        this.handler = handler;
        this.date = date;
        this.waiting = waiting;
        this.alone = alone;
    }

    @Override
    public Publisher<Void> apply(HttpServerRequest request, HttpServerResponse response) {
        if (ConnectionLimit.refuses(request)) {
            return Mono.empty();
        }
        Guards.guard(request);
        NettyRequest received = new NettyRequest(request);
        NettyResponse answer = new NettyResponse(received, response, date, waiting, alone.getAsBoolean());
        return new Handover(handler.handle(received, answer), answer);
    }
}
