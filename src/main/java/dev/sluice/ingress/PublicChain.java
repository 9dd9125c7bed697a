package dev.sluice.ingress;

import dev.sluice.ingress.exchange.EventLoopFilter;
import dev.sluice.ingress.exchange.OriginFilter;
import dev.sluice.ingress.exchange.RequestCheck;
import dev.sluice.ingress.forwarded.CallerFilter;
import dev.sluice.ingress.reply.ProblemHandler;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.webflux.autoconfigure.WebHttpHandlerBuilderCustomizer;
import org.springframework.boot.webflux.autoconfigure.error.DefaultErrorWebExceptionHandler;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;

/**
 * What a request of the public listener goes through, in this order:
 *
 * <ol>
 *   <li>{@link RequestCheck} refuses requests that another party could read differently;
 *   <li>{@link OriginFilter} and {@link CallerFilter} make the client's origin and the caller available;
 *   <li>{@link CrossOrigin} handles CORS, if it is configured;
 *   <li>the {@code WebFilter} beans, in their order;
 *   <li>{@link EventLoopFilter} returns to the event loop of the connection;
 *   <li>{@link DrainingFilter} refuses new work while the gateway stops or is drained;
 *   <li>{@link PublicRoutes} dispatches to a handler.
 * </ol>
 *
 * Errors go to the {@code WebExceptionHandler} beans that are ordered before -1, the order of Spring Boot's own handler, and then
 * to {@link ProblemHandler}, which replaces that and handles all errors.
 *
 * <p>The table stands as the last link of the chain: the name of the bean that Spring would take instead,
 * {@code webHandler}, is that of Spring's own dispatcher, which is not asked here.
 */
final class PublicChain implements WebHttpHandlerBuilderCustomizer {

    private final WebFilter[] before;
    private final WebFilter[] behind;
    private final ProblemHandler problems;
    private final boolean observed;
    private volatile boolean alone;

    PublicChain(
            RequestCheck check,
            OriginFilter origin,
            CallerFilter caller,
            @Nullable CrossOrigin crossOrigin,
            EventLoopFilter loop,
            DrainingFilter draining,
            PublicRoutes urls,
            ProblemHandler problems,
            boolean observed) {
        this.before = crossOrigin == null
                ? new WebFilter[] {check, origin, caller}
                : new WebFilter[] {check, origin, caller, crossOrigin};
        this.behind = new WebFilter[] {loop, draining, (exchange, chain) -> urls.handle(exchange)};
        this.problems = problems;
        this.observed = observed;
    }

    @Override
    public void customize(WebHttpHandlerBuilder builder) {
        builder.filters(this::complete).exceptionHandlers(this::completeHandlers);
        if (!observed) { // else each request would ask for an observation to be told that there is none
            builder.observationRegistry(ObservationRegistry.NOOP);
        }
    }

    /** Whether neither a filter nor an observation nor a handler of errors other than the gateway's sees exchanges. */
    boolean isAlone() {
        return alone;
    }

    private void complete(List<WebFilter> filters) {
        alone = filters.isEmpty() && !observed;
        if (filters.isEmpty()) {
            filters.add(new FilterGroup(
                    Stream.of(before, behind).flatMap(Stream::of).toArray(WebFilter[]::new)));
        } else {
            filters.add(0, new FilterGroup(before));
            filters.add(new FilterGroup(behind));
        }
    }

    private void completeHandlers(List<WebExceptionHandler> handlers) {
        int at = 0;
        while (at < handlers.size() && !(handlers.get(at) instanceof DefaultErrorWebExceptionHandler)) {
            at++;
        }
        alone &= at == 0;
        handlers.subList(at, handlers.size()).clear(); // whatever comes behind would never be asked
        handlers.add(problems);
    }
}
