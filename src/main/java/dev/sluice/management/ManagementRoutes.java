package dev.sluice.management;

import static org.springframework.web.reactive.function.server.RequestPredicates.method;
import static org.springframework.web.reactive.function.server.RequestPredicates.path;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** All URLs of the management listener but those of the actuator. */
final class ManagementRoutes {

    /** A method of a URL and its handler. */
    record Line(HttpMethod method, String path, HandlerFunction<ServerResponse> handler) {}

    private final List<Line> lines;

    ManagementRoutes(
            JobsHandler jobs,
            RedriveHandler redrive,
            BulkHandler bulk,
            RoutesHandler routes,
            ReloadHandler reload,
            RouteControlHandler control,
            DrainHandler drain,
            AllEventsHandler events,
            OpenApi description) {
        lines = List.of(
                get("/jobs", jobs::list),
                post("/jobs/redrive", redrive::many),
                post("/jobs/cancel", bulk::cancel),
                post("/jobs/purge", bulk::purge),
                get("/jobs/{id}", jobs::show),
                post("/jobs/{id}/redrive", redrive::one),
                get("/routes", routes::list),
                post("/routes/reload", reload::now),
                post("/routes/{id}/pause", control::pause),
                post("/routes/{id}/resume", control::resume),
                post("/routes/{id}/release", control::release),
                get("/drain", drain::show),
                post("/drain", drain::begin),
                post("/undrain", drain::end),
                get("/events", events::follow),
                get("/openapi.json", description::show));
    }

    private static Line get(String path, HandlerFunction<ServerResponse> handler) {
        return new Line(HttpMethod.GET, path, handler);
    }

    private static Line post(String path, HandlerFunction<ServerResponse> handler) {
        return new Line(HttpMethod.POST, path, request -> {
            CrossSite.refuse(request);
            return handler.handle(request);
        });
    }

    List<Line> lines() {
        return lines;
    }

    /** Routes in the order of the lines; for other methods of a URL the problem names those that are allowed. */
    RouterFunction<ServerResponse> table() {
        Map<String, String> allowed = new LinkedHashMap<>();
        for (Line line : lines) {
            allowed.merge(line.path(), line.method().name(), (some, more) -> some + ", " + more);
        }
        RouterFunctions.Builder table = RouterFunctions.route();
        allowed.forEach((path, methods) -> {
            for (Line line : lines) {
                if (line.path().equals(path)) {
                    table.route(method(line.method()).and(path(path)), line.handler());
                }
            }
            table.route(
                    path(path),
                    request -> Mono.error(
                            ManagementProblems.methodNotAllowed(request.method().name(), methods)));
        });
        return table.build();
    }
}
