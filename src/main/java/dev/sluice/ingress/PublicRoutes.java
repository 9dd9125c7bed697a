package dev.sluice.ingress;

import dev.sluice.job.JobId;
import dev.sluice.job.Problem;
import dev.sluice.waiting.WaitingBytes;
import java.util.Optional;
import java.util.function.BiFunction;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Every URL of the public listener. */
final class PublicRoutes implements BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {

    private final String jobsPrefix;
    private final CrossOrigin crossOrigin;
    private final String descriptionPath;
    private final RouteHandler route;
    private final JobHandler job;
    private final DeleteHandler delete;
    private final ResultHandler result;
    private final OperationHandler operation;
    private final EventsHandler events;
    private final ProgressHandler progress;
    private final DescriptionHandler description;
    private final Problems problems;
    private final DateField date;
    private final TrustedProxies proxies;
    private final WaitingBytes waiting;

    PublicRoutes(
            String jobsPath,
            CrossOrigin crossOrigin,
            RouteHandler route,
            JobHandler job,
            DeleteHandler delete,
            ResultHandler result,
            OperationHandler operation,
            EventsHandler events,
            ProgressHandler progress,
            DescriptionHandler description,
            Problems problems,
            DateField date,
            TrustedProxies proxies,
            WaitingBytes waiting) {
        this.jobsPrefix = jobsPath + "/";
        this.crossOrigin = crossOrigin;
        this.descriptionPath = jobsPath + "/openapi.json";
        this.route = route;
        this.job = job;
        this.delete = delete;
        this.result = result;
        this.operation = operation;
        this.events = events;
        this.progress = progress;
        this.description = description;
        this.problems = problems;
        this.date = date;
        this.proxies = proxies;
        this.waiting = waiting;
    }

    @Override
    public Mono<Void> apply(HttpServerRequest request, HttpServerResponse response) {
        if (Framing.refuses(request)) {
            return Framing.refuse(request, response);
        } else if (ConnectionLimit.refuses(request)) {
            return Mono.empty();
        }
        Guards.guard(request);
        Answer answer = new Answer(response, date, waiting);
        Exchange exchange;
        try {
            exchange = new Exchange(request, answer, proxies);
        } catch (Refusal refusal) {
            return problems.refuseUnread(answer, refusal);
        }
        Mono<Void> answered;
        try {
            Mono<Void> preflight = crossOrigin.answer(exchange);
            answered = preflight == null ? answer(exchange) : preflight;
        } catch (RuntimeException e) {
            return problems.answer(exchange, e);
        }
        return answered.onErrorResume(error -> problems.answer(exchange, error));
    }

    /** The table: what is below the jobs' path is a job's, all else is for the configured routes. */
    private Mono<Void> answer(Exchange exchange) {
        String path = exchange.target().path();
        if (!path.startsWith(jobsPrefix)) {
            return route.handle(exchange);
        }
        if (path.equals(descriptionPath)) {
            return switch (exchange.method()) {
                case "GET", "HEAD" -> description.show(exchange);
                default -> throw Refusals.methodNotAllowed(exchange.method(), "GET, HEAD");
            };
        }
        int end = path.indexOf('/', jobsPrefix.length());
        JobId id = id(path.substring(jobsPrefix.length(), end < 0 ? path.length() : end));
        return switch (end < 0 ? "" : path.substring(end)) {
            case "" ->
                switch (exchange.method()) {
                    case "GET", "HEAD" -> job.show(exchange, id);
                    case "DELETE" -> delete.delete(exchange, id);
                    default -> throw Refusals.methodNotAllowed(exchange.method(), "GET, HEAD, DELETE");
                };
            case "/operation" ->
                switch (exchange.method()) {
                    case "GET", "HEAD" -> operation.show(exchange, id);
                    default -> throw Refusals.methodNotAllowed(exchange.method(), "GET, HEAD");
                };
            case "/events" ->
                switch (exchange.method()) {
                    case "GET", "HEAD" -> events.follow(exchange, id);
                    default -> throw Refusals.methodNotAllowed(exchange.method(), "GET, HEAD");
                };
            case "/result" ->
                switch (exchange.method()) {
                    case "GET", "HEAD" -> result.show(exchange, id);
                    default -> throw Refusals.methodNotAllowed(exchange.method(), "GET, HEAD");
                };
            case "/progress" ->
                switch (exchange.method()) {
                    case "POST" -> progress.report(exchange, id);
                    default -> throw Refusals.methodNotAllowed(exchange.method(), "POST");
                };
            default ->
                throw new Refusal(
                        Problem.NO_ROUTE, "Of a job there are /events, /result and /operation, and nothing else.");
        };
    }

    private static JobId id(String text) {
        Optional<JobId> id = JobId.parse(text);
        return id.orElseThrow(Refusals::noJob);
    }
}
