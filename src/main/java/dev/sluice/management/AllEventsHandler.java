package dev.sluice.management;

import dev.sluice.events.AllEvents;
import dev.sluice.events.SseFrame;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobState;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableChannel;
import reactor.netty.http.server.HttpServerResponse;

/** Streams the live events of all jobs and routes ({@code text/event-stream}). */
final class AllEventsHandler {

    private final AllEvents events;

    AllEventsHandler(AllEvents events) {
        this.events = events;
    }

    Mono<ServerResponse> follow(ServerRequest request) {
        Parameters parameters = Parameters.of(request, "route", "state");
        String route = parameters.text("route");
        JobState state = parameters.state();
        Flux<SseFrame> frames = events.of(
                wanted(route, state), event -> state == null && (route == null || route.equals(event.route())));
        return ServerResponse.ok()
                .contentType(MediaType.TEXT_EVENT_STREAM)
                .header(HttpHeaders.CACHE_CONTROL, "no-store, no-transform")
                .header("X-Accel-Buffering", "no")
                .body((response, context) -> write(response, frames));
    }

    private static Mono<Void> write(ServerHttpResponse response, Flux<SseFrame> frames) {
        DataBufferFactory buffers = response.bufferFactory();
        return response.writeAndFlushWith(frames
                // The server would first send what is buffered for the socket, which takes nothing.
                .doOnError(error -> abort(response))
                .map(frame -> Mono.just(buffers.wrap(frame.bytes()))));
    }

    private static void abort(ServerHttpResponse response) {
        HttpServerResponse connection = ServerHttpResponseDecorator.getNativeResponse(response);
        connection.withConnection(DisposableChannel::dispose);
    }

    private static Predicate<JobEvent> wanted(@Nullable String route, @Nullable JobState state) {
        return event -> (route == null || route.equals(event.route())) && (state == null || state == leadsTo(event));
    }

    private static JobState leadsTo(JobEvent event) {
        if (event instanceof JobEvent.Finished finished) {
            return finished.outcome().state();
        }
        boolean queued = event instanceof JobEvent.Accepted || event instanceof JobEvent.Requeued;
        return queued ? JobState.QUEUED : JobState.RUNNING;
    }
}
