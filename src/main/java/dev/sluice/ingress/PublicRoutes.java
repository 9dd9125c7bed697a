package dev.sluice.ingress;

import static org.springframework.http.HttpMethod.DELETE;
import static org.springframework.http.HttpMethod.GET;
import static org.springframework.http.HttpMethod.HEAD;
import static org.springframework.http.HttpMethod.POST;

import dev.sluice.ingress.Resources.Handler;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import dev.sluice.representation.Representations.Resource;
import java.util.List;
import org.springframework.http.codec.HttpMessageWriter;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.reactive.result.view.ViewResolver;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/**
 * Every URL of the public listener, behind the filters: what is below the path of jobs or of groups is a resource of one, all
 * else is for the configured routes.
 */
final class PublicRoutes implements WebHandler {

    private static final ServerResponse.Context NO_CODECS = new ServerResponse.Context() {
        @Override
        public List<HttpMessageWriter<?>> messageWriters() {
            return List.of();
        }

        @Override
        public List<ViewResolver> viewResolvers() {
            return List.of();
        }
    };

    private final OwnPaths own;
    private final RouterFunction<ServerResponse> jobs;
    private final RouterFunction<ServerResponse> groups;
    private final WebHandler configured;

    /** The resources of a job, each below the jobs' path and the job's id, but for the description of them all. */
    static RouterFunction<ServerResponse> jobs(
            Resources<JobId> resources,
            JobHandler job,
            DeleteHandler delete,
            ResultHandler result,
            OperationHandler operation,
            EventsHandler events,
            OutputHandler output,
            ProgressHandler progress,
            CompletionHandler completion,
            DescriptionHandler description) {
        return RouterFunctions.route()
                .add(resources.document("openapi.json", description::show))
                .add(resources.of(
                        "",
                        Resource.STATUS,
                        List.of(Handler.of(job::show, GET, HEAD), Handler.of(delete::delete, DELETE))))
                .add(resources.of("/operation", Resource.OPERATION, Handler.of(operation::show, GET, HEAD)))
                .add(resources.of("/events", Resource.STATUS, Handler.of(events::follow, GET, HEAD)))
                .add(resources.of("/output", Resource.RESULT, Handler.of(output::show, GET, HEAD)))
                .add(resources.of("/result", Resource.RESULT, Handler.of(result::show, GET, HEAD)))
                .add(resources.of("/progress", Resource.STATUS, Handler.of(progress::report, POST)))
                .add(resources.of("/completion", Resource.STATUS, Handler.of(completion::complete, POST)))
                .add(resources.nothingElse())
                .build();
    }

    /** The groups' path, to which one posts, and the resources of a group, each below that path and the group's id. */
    static RouterFunction<ServerResponse> groups(
            Resources<GroupId> resources,
            GroupCreation creation,
            GroupHandler group,
            MembersHandler members,
            GroupEventsHandler events) {
        return RouterFunctions.route()
                .add(resources.collection(creation::create))
                .add(resources.of(
                        "",
                        Resource.STATUS,
                        List.of(Handler.of(group::show, GET, HEAD), Handler.of(group::delete, DELETE))))
                .add(resources.of("/jobs", Resource.STATUS, Handler.of(members::list, GET, HEAD)))
                .add(resources.of("/events", Resource.STATUS, Handler.of(events::follow, GET, HEAD)))
                .add(resources.of("/close", Resource.STATUS, Handler.of(group::close, POST)))
                .add(resources.nothingElse())
                .build();
    }

    /**
     * Puts them together.
     *
     * @param own where jobs and groups are served
     * @param configured what becomes of the requests of configured routes
     */
    PublicRoutes(
            OwnPaths own,
            RouterFunction<ServerResponse> jobs,
            RouterFunction<ServerResponse> groups,
            WebHandler configured) {
        this.own = own;
        this.jobs = jobs;
        this.groups = groups;
        this.configured = configured;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange) {
        String path = Exchange.of(exchange).path();
        if (own.isOfJobs(path)) {
            return answer(jobs, exchange);
        }
        return own.isOfGroups(path) ? answer(groups, exchange) : configured.handle(exchange);
    }

    /** Not by Spring's handler of router functions, which refuses every preflight with 403 where it knows of no CORS. */
    private static Mono<Void> answer(RouterFunction<ServerResponse> resources, ServerWebExchange exchange) {
        ServerRequest request = ServerRequest.create(exchange, List.of());
        return resources
                .route(request)
                .flatMap(handler -> handler.handle(request))
                .flatMap(response -> response.writeTo(exchange, NO_CODECS));
    }
}
