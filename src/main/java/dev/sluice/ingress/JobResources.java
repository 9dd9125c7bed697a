package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import dev.sluice.representation.Representations.Resource;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RequestPredicate;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * Makes the router functions of resources below the jobs' path.
 *
 * <p>The predicates are ours, because Spring's decode a path before they match it, while a target means here what was sent,
 * and because {@link RequestPredicates#method} takes a preflight for the request that it announces, so that an {@code OPTIONS}
 * would delete a job.
 */
final class JobResources {

    private final String prefix;
    private final JobResponses responses;

    JobResources(String jobsPath, JobResponses responses) {
        this.prefix = jobsPath + "/";
        this.responses = responses;
    }

    /** Handles some methods of a resource of a job. */
    record Handler(List<HttpMethod> methods, Action action) {

        static Handler of(Action action, HttpMethod... methods) {
            return new Handler(List.of(methods), action);
        }
    }

    /** Responds to a request for a resource of a job. */
    @FunctionalInterface
    interface Action {
        Mono<Void> respond(Exchange exchange, JobId id);
    }

    /**
     * A resource of each job. Methods without a handler are refused; malformed ids are treated as those of unknown jobs.
     *
     * @param suffix the path behind the id
     * @param resource how problems are shown until the job, and with it its route, is found
     */
    RouterFunction<ServerResponse> of(String suffix, Resource resource, Handler... handlers) {
        RouterFunctions.Builder routes = RouterFunctions.route();
        for (Handler handler : handlers) {
            routes.route(
                    methods(handler.methods()),
                    request -> response(request, exchange -> {
                        responses.choose(exchange, resource);
                        return handler.action().respond(exchange, id(exchange));
                    }));
        }
        String allowed = Stream.of(handlers)
                .flatMap(handler -> handler.methods().stream())
                .map(HttpMethod::name)
                .collect(Collectors.joining(", "));
        routes.route(RequestPredicates.all(), request -> {
            Exchange exchange = exchange(request);
            responses.choose(exchange, resource);
            id(exchange);
            throw Problems.methodNotAllowed(exchange.method(), allowed);
        });
        return RouterFunctions.nest(request -> suffix(exchange(request)).equals(suffix), routes.build());
    }

    /** A document that belongs to no job. */
    RouterFunction<ServerResponse> document(String name, Function<Exchange, Mono<Void>> show) {
        RequestPredicate here = request -> exchange(request).path().equals(prefix + name);
        List<HttpMethod> read = List.of(HttpMethod.GET, HttpMethod.HEAD);
        return RouterFunctions.nest(
                here,
                RouterFunctions.route()
                        .route(methods(read), request -> response(request, show))
                        .route(RequestPredicates.all(), request -> {
                            throw Problems.methodNotAllowed(request.method().name(), "GET, HEAD");
                        })
                        .build());
    }

    /** Refuses all requests that no other function has matched. */
    RouterFunction<ServerResponse> nothingElse() {
        return RouterFunctions.route(RequestPredicates.all(), request -> {
            id(exchange(request));
            throw new ProblemException(
                    Problem.NO_ROUTE, "Of a job there are /events, /result and /operation, and nothing else.");
        });
    }

    private static RequestPredicate methods(List<HttpMethod> methods) {
        return request -> methods.contains(request.method());
    }

    private static Mono<ServerResponse> response(ServerRequest request, Function<Exchange, Mono<Void>> action) {
        return Mono.just(new WrittenResponse(request.exchange(), () -> action.apply(exchange(request))));
    }

    private static Exchange exchange(ServerRequest request) {
        return Exchange.of(request.exchange());
    }

    private JobId id(Exchange exchange) {
        String path = exchange.path();
        int end = path.indexOf('/', prefix.length());
        return JobId.parse(path.substring(prefix.length(), end < 0 ? path.length() : end))
                .orElseThrow(Problems::noJob);
    }

    private String suffix(Exchange exchange) {
        int end = exchange.path().indexOf('/', prefix.length());
        return end < 0 ? "" : exchange.path().substring(end);
    }
}
