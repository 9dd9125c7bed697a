package dev.sluice.ingress;

import dev.sluice.backend.Backend;
import dev.sluice.callbacks.Receivers;
import dev.sluice.events.Answers;
import dev.sluice.events.EventStream;
import dev.sluice.events.GroupStream;
import dev.sluice.events.JobWatch;
import dev.sluice.ingress.connection.ConnectionLimit;
import dev.sluice.ingress.connection.FrameGuard;
import dev.sluice.ingress.connection.Guards;
import dev.sluice.ingress.connection.Http1Handlers;
import dev.sluice.ingress.connection.OpenConnections;
import dev.sluice.ingress.connection.OutputGuard;
import dev.sluice.ingress.exchange.EventLoopFilter;
import dev.sluice.ingress.exchange.OriginFilter;
import dev.sluice.ingress.exchange.PublicListener;
import dev.sluice.ingress.exchange.RequestCheck;
import dev.sluice.ingress.forwarded.CallerFilter;
import dev.sluice.ingress.forwarded.TrustedProxies;
import dev.sluice.ingress.header.Cors;
import dev.sluice.ingress.header.DateField;
import dev.sluice.ingress.reply.AnswerResponses;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.ingress.reply.ProblemHandler;
import dev.sluice.ingress.reply.ResultResponses;
import dev.sluice.ingress.reply.StreamResponses;
import dev.sluice.job.JobIds;
import dev.sluice.job.JobTokens;
import dev.sluice.job.KeyedHash;
import dev.sluice.journal.Credentials;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.protection.Drain;
import dev.sluice.queue.Admission;
import dev.sluice.queue.ClientJobs;
import dev.sluice.queue.ClientLimits;
import dev.sluice.queue.DeadlineKeeper;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.JobQueue;
import dev.sluice.queue.Resumer;
import dev.sluice.representation.JobJson;
import dev.sluice.representation.JobLinks;
import dev.sluice.representation.Representations;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.webflux.autoconfigure.WebHttpHandlerBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.HttpHandlerDecoratorFactory;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;

/** Puts the public listener together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(IngressProperties.class)
class IngressConfiguration {

    /** As many event loops as cores, for both listeners and the calls of backends: more of them only take turns. */
    @Bean
    ReactorResourceFactory reactorResources() {
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        resources.setLoopResourcesSupplier(
                () -> LoopResources.create("sluice-http", Runtime.getRuntime().availableProcessors(), true));
        resources.setShutdownQuietPeriod(Duration.ZERO);
        return resources;
    }

    @Bean
    NettyServerCustomizer guards() {
        return server -> server.http2Settings(settings -> settings.maxConcurrentStreams(FrameGuard.STREAMS))
                .doOnChannelInit((observer, channel, address) -> Guards.guard(channel));
    }

    /** On both listeners, and before everything else on a connection. */
    @Bean
    NettyServerCustomizer outputGuard(WaitingBytes waiting) {
        return server -> server.doOnChannelInit((observer, channel, address) -> OutputGuard.guard(channel, waiting));
    }

    @Bean(destroyMethod = "forget")
    OpenConnections connections(@Value("${sluice.dispatch.shutdown-grace:20s}") Duration grace) {
        return new OpenConnections(grace, Schedulers.parallel());
    }

    /** On both listeners. */
    @Bean
    NettyServerCustomizer knownConnections(OpenConnections connections) {
        return server -> server.doOnChannelInit((observer, channel, address) -> connections.add(channel))
                .childObserve((connection, state) -> connections.observe(connection.channel(), state));
    }

    @Bean
    ConnectionLimit connectionLimit(MeterRegistry registry) {
        ConnectionLimit limit = new ConnectionLimit(ConnectionLimit.usual(), System::nanoTime, Schedulers.parallel());
        Gauge.builder("sluice.connections", limit::count)
                .description("Connections of the public listener and streams of HTTP/2 on them")
                .register(registry);
        FunctionCounter.builder("sluice.connections.refused", limit, ConnectionLimit::refused)
                .description("Connections and streams refused because there were too many")
                .register(registry);
        return limit;
    }

    /** On both listeners; see {@link NoForwardHeadersStrategy}. */
    @Bean
    NettyServerCustomizer withoutForwardedHeaders() {
        return server -> server.forwarded(false);
    }

    @Bean
    JobLinks jobLinks(IngressProperties properties) {
        return new JobLinks(properties.jobsPath());
    }

    @Bean
    JobJson jobJson(JobLinks links) {
        return new JobJson(links);
    }

    @Bean
    Representations representations(JobJson json) {
        return new Representations(json);
    }

    @Bean
    JobIds jobIds(Clock clock) {
        return new JobIds(clock);
    }

    @Bean
    Draining draining(EventStream events, GroupStream groups) {
        return new Draining(events, groups);
    }

    @Bean
    RouteFinder routeFinder(CurrentRoutes routes, JobResponses responses) {
        return new RouteFinder(routes, responses);
    }

    @Bean
    Jobs jobs(JobReader journal, JobWatch watch, Clock clock) {
        return new Jobs(journal, watch, clock);
    }

    @Bean
    ReadPlaces readPlaces(IngressProperties properties, MeterRegistry registry) {
        return new ReadPlaces(properties, registry);
    }

    @Bean(destroyMethod = "close")
    Reports reports(JobIntake journal) {
        return new Reports(journal, Schedulers.parallel());
    }

    @Bean
    JobResponses jobResponses(Representations representations, Estimator estimator, Clock clock) {
        return new JobResponses(representations, estimator, clock);
    }

    @Bean
    ResultResponses resultResponses(JobReader journal, JobResponses responses) {
        return new ResultResponses(journal, responses);
    }

    @Bean
    AnswerResponses answerResponses(Answers answers, JobResponses responses) {
        return new AnswerResponses(answers, responses);
    }

    @Bean
    OutputHandler outputHandler(
            Jobs jobs,
            ReadPlaces places,
            Answers answers,
            AnswerResponses answerResponses,
            JobResponses responses,
            ResultResponses results,
            Draining draining,
            IngressProperties properties,
            Clock clock) {
        DurableStreamHandler streams = new DurableStreamHandler(
                jobs, places, new StreamResponses(answers, responses, clock), results, draining, properties.maxWait());
        return new OutputHandler(jobs, places, answerResponses, results, streams, draining, properties.maxWait());
    }

    @Bean
    PassThrough passThrough(Backend backend, CurrentRoutes routes, MeterRegistry registry) {
        return new PassThrough(backend, new PassMeters(registry, routes));
    }

    @Bean
    AcceptHandler acceptHandler(
            CurrentRoutes routes,
            Admission admission,
            ClientJobs clients,
            JobIntake journal,
            Credentials credentials,
            Receivers receivers,
            KeyedHash senders,
            JobQueue queue,
            Estimator estimator,
            DeadlineKeeper deadlines,
            JobIds ids,
            Clock clock,
            IngressProperties properties,
            Jobs jobs,
            ReadPlaces places,
            JobResponses responses,
            ResultResponses results,
            AnswerResponses answers,
            KnownGroups groups,
            MeterRegistry registry) {
        AcceptResponses acceptResponses = new AcceptResponses(jobs, places, responses, results, answers);
        AcceptMeters meters = new AcceptMeters(registry, routes);
        return new AcceptHandler(
                new AcceptLimits(journal, clients, admission, estimator, clock),
                new GroupAdmission(groups),
                journal,
                credentials,
                receivers,
                senders,
                queue,
                estimator,
                deadlines,
                ids,
                clock,
                properties,
                acceptResponses,
                meters);
    }

    /**
     * Puts our adapter in front of Spring's on the public listener. By a customizer, because a route provider that were a bean
     * would be taken over by the management listener too.
     */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> publicListener(
            HttpHandler handler,
            Clock clock,
            WaitingBytes waiting,
            PublicChain chain,
            ObjectProvider<WebHttpHandlerBuilderCustomizer> customizers,
            ObjectProvider<HttpHandlerDecoratorFactory> decorators) {
        boolean plain = customizers.stream().count() == 1 && decorators.stream().count() == 0;
        PublicListener listener =
                new PublicListener(handler, new DateField(clock), waiting, () -> plain && chain.isAlone());
        return factory -> factory.addRouteProviders(routes -> routes.route(request -> true, listener));
    }

    /**
     * Completes the handler that Spring Boot makes of the {@code WebFilter} and {@code WebExceptionHandler} beans of this
     * context, which is that of the public listener. What the gateway itself adds are no beans: such are inherited by the
     * context of the management listener.
     */
    @Bean
    PublicChain publicChain(
            PublicRoutes urls,
            CurrentRoutes routes,
            RouteFinder finder,
            Receivers receivers,
            Draining draining,
            Drain drain,
            IngressProperties properties,
            Clock clock,
            Representations representations,
            MeterRegistry registry,
            @Value("${management.observations.enable.http.server.requests:true}") boolean observed) {
        Cors cors = Cors.of(properties.cors().allowedOrigins());
        OwnPaths own = OwnPaths.of(properties);
        return new PublicChain(
                new RequestCheck(),
                new OriginFilter(TrustedProxies.of(properties.trustedProxies())),
                new CallerFilter(properties.callerField()),
                cors.configured() ? new CrossOrigin(cors, routes, own) : null,
                new EventLoopFilter(),
                new DrainingFilter(draining, drain, own, finder, receivers, clock),
                urls,
                new ProblemHandler(representations, registry),
                observed);
    }

    /** Not on the listener for operators, who have to see what goes on. */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> limitedConnections(ConnectionLimit limit) {
        return factory -> factory.addServerCustomizers(server -> Http1Handlers.remember(server)
                .doOnChannelInit((observer, channel, address) -> limit.add(channel)) // once for each connection
                .childObserve((connection, state) -> limit.observe(connection.channel(), state)));
    }

    @Bean
    CompletionHandler completionHandler(
            JobTokens tokens, Jobs jobs, JobReader reader, JobIntake journal, CurrentRoutes routes, Resumer resumer) {
        return new CompletionHandler(tokens, jobs, reader, journal, routes, resumer);
    }

    @Bean
    PublicRoutes publicRoutes(
            IngressProperties properties,
            CurrentRoutes routes,
            RouteFinder finder,
            JobIntake journal,
            AcceptHandler accept,
            PassThrough passThrough,
            WaitingBytes waiting,
            ClientLimits limits,
            Jobs jobs,
            ReadPlaces places,
            JobResponses responses,
            ResultResponses results,
            EventStream events,
            OutputHandler output,
            JobTokens tokens,
            Reports reports,
            CompletionHandler completion,
            Draining draining,
            GroupUrls groups) {
        routes.require(table -> table.requireApartFrom(properties.jobsPath(), "jobs"));
        routes.require(table -> table.requireApartFrom(properties.groupsPath(), "groups"));
        routes.require(table -> table.requireWaitUpTo(properties.maxWait()));
        RouterFunction<ServerResponse> resources = PublicRoutes.jobs(
                Resources.ofJobs(properties.jobsPath(), responses),
                new JobHandler(jobs, places, responses, routes, properties.maxWait()),
                new DeleteHandler(journal, jobs, responses),
                new ResultHandler(jobs, places, results, properties.maxWait()),
                new OperationHandler(jobs, places, responses),
                new EventsHandler(jobs, places, events, new EventResponses(events, draining)),
                output,
                new ProgressHandler(tokens, jobs, reports),
                completion,
                new DescriptionHandler(OwnPaths.of(properties)));
        return new PublicRoutes(
                OwnPaths.of(properties),
                resources,
                groups.resources(),
                new RouteHandler(finder, limits, accept, passThrough, waiting));
    }
}
