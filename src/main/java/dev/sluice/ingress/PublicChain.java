package dev.sluice.ingress;

import dev.sluice.ingress.exchange.NettyResponse;
import dev.sluice.ingress.exchange.RequestCheck;
import dev.sluice.ingress.reply.ProblemHandler;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.webflux.autoconfigure.WebHttpHandlerBuilderCustomizer;
import org.springframework.boot.webflux.autoconfigure.error.DefaultErrorWebExceptionHandler;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;

/**
 * What a request of the public listener goes through, in this order: {@link RequestCheck}, {@link CrossOrigin} where pages of
 * other origins may use the gateway, the {@code WebFilter} beans as they are ordered, and {@link PublicRoutes}. Errors go to
 * the {@code WebExceptionHandler} beans that are ordered before Spring Boot's own, at -1, and then to {@link ProblemHandler}, which
 * stands in its place and answers all.
 *
 * <p>The table stands as the last link of the chain: the name of the bean that Spring would take instead,
 * {@code webHandler}, is that of Spring's own dispatcher, which is not asked here.
 */
final class PublicChain implements WebHttpHandlerBuilderCustomizer {

    private final @Nullable CrossOrigin crossOrigin;
    private final PublicRoutes urls;
    private final ProblemHandler problems;
    private final boolean observed;

    PublicChain(@Nullable CrossOrigin crossOrigin, PublicRoutes urls, ProblemHandler problems, boolean observed) {
        this.crossOrigin = crossOrigin;
        this.urls = urls;
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

    private void complete(List<WebFilter> filters) {
        RequestCheck check = new RequestCheck();
        WebFilter last =
                (exchange, chain) -> NettyResponse.of(exchange).request().inLoop(() -> urls.handle(exchange));
        if (filters.isEmpty() && crossOrigin == null) { // one link costs each request less than two
            filters.add((exchange, chain) -> check.filter(exchange, checked -> last.filter(checked, chain)));
            return;
        }
        if (crossOrigin != null) {
            filters.add(0, crossOrigin);
        }
        filters.add(0, check);
        filters.add(last);
    }

    private void completeHandlers(List<WebExceptionHandler> handlers) {
        int at = 0;
        while (at < handlers.size() && !(handlers.get(at) instanceof DefaultErrorWebExceptionHandler)) {
            at++;
        }
        handlers.subList(at, handlers.size()).clear(); // whatever comes behind would never be asked
        handlers.add(problems);
    }
}
