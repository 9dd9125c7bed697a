package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.problem.Problems;
import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import java.util.Optional;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/** Every URL of the public listener, behind the filters: what is below the jobs' path is a job's, all else is for the configured routes. */
final class PublicRoutes implements WebHandler {

    private final String jobsPrefix;
    private final String descriptionPath;
    private final RouteHandler route;
    private final JobHandler job;
    private final DeleteHandler delete;
    private final ResultHandler result;
    private final OperationHandler operation;
    private final EventsHandler events;
    private final ProgressHandler progress;
    private final DescriptionHandler description;

    PublicRoutes(
            String jobsPath,
            RouteHandler route,
            JobHandler job,
            DeleteHandler delete,
            ResultHandler result,
            OperationHandler operation,
            EventsHandler events,
            ProgressHandler progress,
            DescriptionHandler description) {
        this.jobsPrefix = jobsPath + "/";
        this.descriptionPath = jobsPath + "/openapi.json";
        this.route = route;
        this.job = job;
        this.delete = delete;
        this.result = result;
        this.operation = operation;
        this.events = events;
        this.progress = progress;
        this.description = description;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange web) {
        Exchange exchange = Exchange.of(web);
        String path = exchange.target().path();
        if (!path.startsWith(jobsPrefix)) {
            return route.handle(exchange);
        }
        if (path.equals(descriptionPath)) {
            return switch (exchange.method()) {
                case "GET", "HEAD" -> description.show(exchange);
                default -> throw Problems.methodNotAllowed(exchange.method(), "GET, HEAD");
            };
        }
        int end = path.indexOf('/', jobsPrefix.length());
        JobId id = id(path.substring(jobsPrefix.length(), end < 0 ? path.length() : end));
        return switch (end < 0 ? "" : path.substring(end)) {
            case "" ->
                switch (exchange.method()) {
                    case "GET", "HEAD" -> job.show(exchange, id);
                    case "DELETE" -> delete.delete(exchange, id);
                    default -> throw Problems.methodNotAllowed(exchange.method(), "GET, HEAD, DELETE");
                };
            case "/operation" ->
                switch (exchange.method()) {
                    case "GET", "HEAD" -> operation.show(exchange, id);
                    default -> throw Problems.methodNotAllowed(exchange.method(), "GET, HEAD");
                };
            case "/events" ->
                switch (exchange.method()) {
                    case "GET", "HEAD" -> events.follow(exchange, id);
                    default -> throw Problems.methodNotAllowed(exchange.method(), "GET, HEAD");
                };
            case "/result" ->
                switch (exchange.method()) {
                    case "GET", "HEAD" -> result.show(exchange, id);
                    default -> throw Problems.methodNotAllowed(exchange.method(), "GET, HEAD");
                };
            case "/progress" ->
                switch (exchange.method()) {
                    case "POST" -> progress.report(exchange, id);
                    default -> throw Problems.methodNotAllowed(exchange.method(), "POST");
                };
            default ->
                throw new ProblemException(
                        Problem.NO_ROUTE, "Of a job there are /events, /result and /operation, and nothing else.");
        };
    }

    private static JobId id(String text) {
        Optional<JobId> id = JobId.parse(text);
        return id.orElseThrow(Problems::noJob);
    }
}
