package dev.sluice.management;

import dev.sluice.job.Problem;
import dev.sluice.reload.RouteReload;
import dev.sluice.representation.ProblemException;
import dev.sluice.route.UnusableConfigurationException;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Reads the routes again. */
final class ReloadHandler {

    private final RouteReload reload;

    ReloadHandler(RouteReload reload) {
        this.reload = reload;
    }

    /** Answers when the new routes apply, with what has changed. */
    Mono<ServerResponse> now(ServerRequest request) {
        Parameters.of(request);
        return reload.now()
                .onErrorMap(
                        UnusableConfigurationException.class,
                        refused -> new ProblemException(Problem.CONFIGURATION_UNUSABLE, refused.summary()))
                .flatMap(report -> JobsHandler.ok().bodyValue(ManagementJson.of(report)));
    }
}
