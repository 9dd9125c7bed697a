package dev.sluice.management;

import dev.sluice.events.AllEvents;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.protection.AdaptiveConcurrency;
import dev.sluice.protection.Breakers;
import dev.sluice.protection.Drain;
import dev.sluice.protection.Holds;
import dev.sluice.protection.Pauses;
import dev.sluice.queue.Admission;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.JobQueue;
import dev.sluice.reload.RouteReload;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.Representations;
import dev.sluice.route.CurrentRoutes;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.server.WebFilter;
import reactor.core.scheduler.Schedulers;

/**
 * Configures the gateway's own URLs in the context of the management listener, which has a dispatcher of its own. It is named
 * in {@code META-INF/spring/…ManagementContextConfiguration.imports} and not annotated, so that the component scan of the
 * main context does not find it: there its URLs would be served by the public listener.
 */
class ManagementListener {

    @Bean
    @Order(-2) // before Spring Boot's, which would tell more
    WebExceptionHandler managementErrors(Representations representations) {
        return new ManagementErrors(representations);
    }

    @Bean
    WebFilter allowedHosts(ManagementProperties properties) {
        return new AllowedHosts(properties.allowedHosts());
    }

    @Bean
    Redrive redrive(
            JobReader stored,
            JobIntake intake,
            Credentials credentials,
            CurrentRoutes routes,
            Admission admission,
            Estimator estimator,
            JobQueue queue,
            JobIds ids,
            Clock clock) {
        return new Redrive(stored, intake, credentials, routes, admission, estimator, queue, ids, clock);
    }

    @Bean
    Rates rates(CurrentRoutes routes, MeterRegistry registry) {
        return new Rates(routes, registry, Schedulers.parallel());
    }

    @Bean
    ManagementRoutes managementRoutes(
            JobReader journal,
            JobIntake intake,
            CurrentRoutes routes,
            Pauses pauses,
            Holds holds,
            Drain drain,
            JobQueue queue,
            Redrive redrive,
            Estimator estimator,
            RouteReload reload,
            AllEvents events,
            JobJson json,
            Rates rates,
            Breakers breakers,
            AdaptiveConcurrency limits,
            Clock clock) {
        JobsHandler jobs = new JobsHandler(journal, estimator, json, clock);
        RoutesHandler shown = new RoutesHandler(routes, journal, pauses, holds, rates, breakers, limits, clock);
        return new ManagementRoutes(
                jobs,
                new RedriveHandler(journal, jobs, redrive),
                new BulkHandler(journal, intake, clock),
                shown,
                new ReloadHandler(reload),
                new RouteControlHandler(routes, pauses, holds, shown),
                new DrainHandler(drain, queue),
                new AllEventsHandler(events),
                new OpenApi());
    }

    @Bean
    RouterFunction<ServerResponse> managementTable(ManagementRoutes routes) {
        return routes.table();
    }
}
