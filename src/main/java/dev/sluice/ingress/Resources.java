package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import dev.sluice.representation.Representations.Resource;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
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
 * Makes the router functions of resources below the path of jobs or of groups.
 *
 * <p>The predicates are ours, because Spring's decode a path before they match it, while a target means here what was sent,
 * and because {@link RequestPredicates#method} takes a preflight for the request that it announces, so that an {@code OPTIONS}
 * would delete a job.
 */
final class Resources<I> {

    private final String path;
    private final String prefix;
    private final Function<String, Optional<I>> ids;
    private final Supplier<ProblemException> unknown;
    private final String all;
    private final JobResponses responses;

    private Resources(
            String path,
            Function<String, Optional<I>> ids,
            Supplier<ProblemException> unknown,
            String all,
            JobResponses responses) {
        this.path = path;
        this.prefix = path + "/";
        this.ids = ids;
        this.unknown = unknown;
        this.all = all;
        this.responses = responses;
    }

    /** Those of jobs. */
    static Resources<JobId> ofJobs(String jobsPath, JobResponses responses) {
        return new Resources<>(
                jobsPath,
                JobId::parse,
                Problems::noJob,
                "Of a job there are /events, /output, /result and /operation, and nothing else.",
                responses);
    }

    /** Those of groups. */
    static Resources<GroupId> ofGroups(String groupsPath, JobResponses responses) {
        return new Resources<>(
                groupsPath,
                GroupId::parse,
                Problems::noGroup,
                "Of a group there are /events, /jobs and /close, and nothing else.",
                responses);
    }

    /** Handles some methods of a resource. */
    record Handler<I>(List<HttpMethod> methods, Action<I> action) {

        static <I> Handler<I> of(Action<I> action, HttpMethod... methods) {
            return new Handler<>(List.of(methods), action);
        }
    }

    /** Responds to a request for a resource of a job or a group. */
    @FunctionalInterface
    interface Action<I> {
        Mono<Void> respond(Exchange exchange, I id);
    }

    /** As the other one, with one handler. */
    RouterFunction<ServerResponse> of(String suffix, Resource resource, Handler<I> handler) {
        return of(suffix, resource, List.of(handler));
    }

    /**
     * A resource of each. Methods without a handler are refused; malformed ids are treated as unknown ones.
     *
     * @param suffix the path behind the id
     * @param resource how problems are shown until the job, and with it its route, is found
     */
    RouterFunction<ServerResponse> of(String suffix, Resource resource, List<Handler<I>> handlers) {
        RouterFunctions.Builder routes = RouterFunctions.route();
        for (Handler<I> handler : handlers) {
            routes.route(
                    methods(handler.methods()),
                    request -> response(request, exchange -> {
                        responses.choose(exchange, resource);
                        return handler.action().respond(exchange, id(exchange));
                    }));
        }
        String allowed = names(handlers.stream().flatMap(handler -> handler.methods().stream()));
        routes.route(RequestPredicates.all(), request -> {
            Exchange exchange = exchange(request);
            responses.choose(exchange, resource);
            id(exchange);
            throw Problems.methodNotAllowed(exchange.method(), allowed);
        });
        return RouterFunctions.nest(request -> suffix(exchange(request)).equals(suffix), routes.build());
    }

    /** A document that belongs to none of them. */
    RouterFunction<ServerResponse> document(String name, Function<Exchange, Mono<Void>> show) {
        return only(prefix + name, show, HttpMethod.GET, HttpMethod.HEAD);
    }

    /** The path above all of them, to which one posts. */
    RouterFunction<ServerResponse> collection(Function<Exchange, Mono<Void>> post) {
        return only(path, post, HttpMethod.POST);
    }

    private RouterFunction<ServerResponse> only(
            String where, Function<Exchange, Mono<Void>> action, HttpMethod... methods) {
        List<HttpMethod> allowed = List.of(methods);
        return RouterFunctions.nest(
                request -> exchange(request).path().equals(where),
                RouterFunctions.route()
                        .route(
                                methods(allowed),
                                request -> response(request, exchange -> {
                                    responses.choose(exchange, Resource.STATUS);
                                    return action.apply(exchange);
                                }))
                        .route(RequestPredicates.all(), request -> {
                            throw Problems.methodNotAllowed(request.method().name(), names(allowed.stream()));
                        })
                        .build());
    }

    /** Refuses all requests that no other function has matched. */
    RouterFunction<ServerResponse> nothingElse() {
        return RouterFunctions.route(RequestPredicates.all(), request -> {
            id(exchange(request));
            throw new ProblemException(Problem.NO_ROUTE, all);
        });
    }

    private static String names(Stream<HttpMethod> methods) {
        return methods.map(HttpMethod::name).collect(Collectors.joining(", "));
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

    private I id(Exchange exchange) {
        String sent = exchange.path();
        int end = sent.indexOf('/', prefix.length());
        return ids.apply(sent.substring(prefix.length(), end < 0 ? sent.length() : end))
                .orElseThrow(unknown);
    }

    private String suffix(Exchange exchange) {
        int end = exchange.path().indexOf('/', prefix.length());
        return end < 0 ? "" : exchange.path().substring(end);
    }
}
