package dev.sluice.management;

import dev.sluice.job.Problem;
import dev.sluice.protection.Holds;
import dev.sluice.protection.Pauses;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.Route;
import java.util.Optional;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Pauses and resumes routes and lifts their holds. Each answers with the route as the list of routes shows it. */
final class RouteControlHandler {

    private static final int LARGEST_BODY = 8 * 1024;
    private static final int LONGEST_NOTE = 500;
    private static final String NOTE = "note";
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final CurrentRoutes routes;
    private final Pauses pauses;
    private final Holds holds;
    private final RoutesHandler shown;

    RouteControlHandler(CurrentRoutes routes, Pauses pauses, Holds holds, RoutesHandler shown) {
        this.routes = routes;
        this.pauses = pauses;
        this.holds = holds;
        this.shown = shown;
    }

    /** No job of the route is started on any node until it is resumed. */
    Mono<ServerResponse> pause(ServerRequest request) {
        Route route = route(request);
        return note(request).flatMap(note -> done(route, pauses.pause(route.id(), note.orElse(null))));
    }

    Mono<ServerResponse> resume(ServerRequest request) {
        Route route = route(request);
        return done(route, pauses.resume(route.id()));
    }

    /** Lifts all holds of the route. */
    Mono<ServerResponse> release(ServerRequest request) {
        Route route = route(request);
        return done(route, holds.release(route.id()));
    }

    private Mono<ServerResponse> done(Route route, Mono<Void> change) {
        return change.publishOn(Schedulers.parallel()).then(Mono.defer(() -> shown.show(route)));
    }

    private Route route(ServerRequest request) {
        Parameters.of(request); // rejects any
        return routes.byId(request.pathVariable("id"))
                .orElseThrow(() -> new ProblemException(Problem.NO_ROUTE, "There is no route of this id."));
    }

    private static Mono<Optional<String>> note(ServerRequest request) {
        return DataBufferUtils.join(request.body(BodyExtractors.toDataBuffers()), LARGEST_BODY)
                .onErrorMap(
                        DataBufferLimitException.class,
                        large -> new ProblemException(
                                Problem.BODY_TOO_LARGE,
                                "The request body has at most " + LARGEST_BODY + " bytes: a JSON object with a note."))
                .map(RouteControlHandler::bytes)
                .filter(body -> body.length > 0)
                .map(body -> note(request, body))
                .defaultIfEmpty(Optional.empty());
    }

    private static byte[] bytes(DataBuffer buffer) {
        byte[] bytes = new byte[buffer.readableByteCount()];
        buffer.read(bytes);
        DataBufferUtils.release(buffer);
        return bytes;
    }

    private static Optional<String> note(ServerRequest request, byte[] body) {
        MediaType type = request.headers().contentType().orElse(null);
        if (type == null || !type.isCompatibleWith(MediaType.APPLICATION_JSON)) {
            throw new ProblemException(
                    Problem.UNSUPPORTED_MEDIA_TYPE,
                    "The request body is a JSON object such as {\"note\": \"...\"}; say so with Content-Type.");
        }
        JsonNode json;
        try {
            json = MAPPER.readTree(body);
        } catch (JacksonException e) {
            throw malformed();
        }
        if (!json.isObject()
                || (json.size() > 0 && !(json.size() == 1 && json.path(NOTE).isString()))) {
            throw malformed();
        }
        String note = json.path(NOTE).asString("");
        if (note.length() > LONGEST_NOTE) {
            throw malformed();
        }
        return note.isEmpty() ? Optional.empty() : Optional.of(note);
    }

    private static ProblemException malformed() {
        return new ProblemException(
                Problem.BAD_REQUEST,
                "The request body is no JSON object whose only member is a note of at most " + LONGEST_NOTE
                        + " characters.");
    }
}
