package dev.sluice.ingress;

import dev.sluice.events.EventStream;
import dev.sluice.ingress.connection.OpenConnections;
import dev.sluice.job.Failure;
import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Transition;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Ends;
import dev.sluice.journal.Journal;
import dev.sluice.journal.StoredRequest;
import dev.sluice.queue.Admission;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.QueueRig;
import dev.sluice.route.CurrentRoutes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import reactor.core.publisher.Flux;

/**
 * Both listeners over real HTTP, on a journal in memory and, if not asked for, without dispatching: jobs stay queued until
 * the test works them off itself.
 */
public final class Listeners implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @ComponentScan({
        "dev.sluice.route",
        "dev.sluice.journal",
        "dev.sluice.backend",
        "dev.sluice.protection",
        "dev.sluice.callbacks",
        "dev.sluice.queue",
        "dev.sluice.events",
        "dev.sluice.ingress",
        "dev.sluice.management",
        "dev.sluice.reload"
    })
    static class Application {}

    /** With dispatching; no configuration by itself, or the one above would find it. */
    @EnableAutoConfiguration
    @ComponentScan({"dev.sluice.ingress", "dev.sluice.dispatch"})
    static class Gateway {}

    private final ConfigurableApplicationContext context;
    private final int port;
    private final int managementPort;
    private Transport transport = Transport.PLAIN;

    public Listeners(String... settings) {
        this(UnaryOperator.identity(), settings);
    }

    /** With further variables in the environment. */
    static Listeners under(Map<String, Object> variables, String... settings) {
        StandardEnvironment environment = new StandardEnvironment();
        String name = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
        Map<String, Object> all = new HashMap<>(environment.getSystemEnvironment());
        all.putAll(variables);
        environment.getPropertySources().replace(name, new SystemEnvironmentPropertySource(name, all));
        return new Listeners(Application.class, UnaryOperator.identity(), environment, settings);
    }

    /** With parts, such as the journal or the clock, that the test puts in the place of others. */
    Listeners(UnaryOperator<Object> change, String... settings) {
        this(Application.class, change, null, settings);
    }

    /** With a public listener of a kind. */
    Listeners(Transport transport, String... settings) {
        this(with(transport, settings));
        this.transport = transport;
    }

    /** The whole gateway: backends are called. */
    public static Listeners dispatching(Transport transport, String... settings) {
        return dispatching(with(transport, settings));
    }

    private static String[] with(Transport transport, String[] settings) {
        return Stream.of(settings, transport.settings()).flatMap(Stream::of).toArray(String[]::new);
    }

    /** With beans of whoever extends the gateway, in a class that the scan of this package does not find. */
    static Listeners extended(Class<?> extension, Transport transport, String... settings) {
        Class<?>[] configuration = {Application.class, extension};
        Listeners listeners = new Listeners(configuration, UnaryOperator.identity(), null, with(transport, settings));
        listeners.transport = transport;
        return listeners;
    }

    /** The whole gateway: backends are called. */
    public static Listeners dispatching(String... settings) {
        return dispatching(UnaryOperator.identity(), settings);
    }

    /** The whole gateway, with parts that the test puts in the place of others. */
    public static Listeners dispatching(UnaryOperator<Object> change, String... settings) {
        return new Listeners(Gateway.class, change, null, settings);
    }

    private Listeners(
            Class<?> configuration,
            UnaryOperator<Object> change,
            @Nullable ConfigurableEnvironment environment,
            String... settings) {
        this(new Class<?>[] {configuration}, change, environment, settings);
    }

    private Listeners(
            Class<?>[] configuration,
            UnaryOperator<Object> change,
            @Nullable ConfigurableEnvironment environment,
            String... settings) {
        List<String> arguments = new ArrayList<>(List.of(
                "--spring.config.location=classpath:/application.yaml", "--spring.main.log-startup-info=false"));
        for (String usual : new String[] {"server.port=0", "sluice.management.port=0", "sluice.journal.type=memory"}) {
            String key = usual.substring(0, usual.indexOf('=') + 1);
            if (Arrays.stream(settings).noneMatch(setting -> setting.startsWith(key))) {
                arguments.add("--" + usual);
            }
        }
        Arrays.stream(settings).map(setting -> "--" + setting).forEach(arguments::add);
        SpringApplication application = new SpringApplication(configuration);
        if (environment != null) {
            application.setEnvironment(environment);
        }
        application.addInitializers(empty -> empty.getBeanFactory().addBeanPostProcessor(new BeanPostProcessor() {
            @Override
            public Object postProcessAfterInitialization(Object bean, String name) {
                return change.apply(bean);
            }
        }));
        context = application.run(arguments.toArray(String[]::new));
        port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
        managementPort = context.getEnvironment().getRequiredProperty("local.management.port", Integer.class);
    }

    public int port() {
        return port;
    }

    public int managementPort() {
        return managementPort;
    }

    public Journal journal() {
        return context.getBean(Journal.class);
    }

    Admission admission() {
        return context.getBean(Admission.class);
    }

    Estimator estimator() {
        return context.getBean(Estimator.class);
    }

    CurrentRoutes routes() {
        return context.getBean(CurrentRoutes.class);
    }

    EventStream events() {
        return context.getBean(EventStream.class);
    }

    Draining draining() {
        return context.getBean(Draining.class);
    }

    public double count(String meter, String... tags) {
        var found = context.getBean(MeterRegistry.class).find(meter).tags(tags);
        return found.counter() != null
                ? found.counters().stream().mapToDouble(Counter::count).sum()
                : found.gauge().value();
    }

    /** Waits until that many connections are parked. */
    void awaitParked(int connections) {
        OpenConnections open = context.getBean(OpenConnections.class);
        QueueRig.until(() -> open.parked() == connections);
    }

    public void publish(java.util.function.Consumer<ConfigurableApplicationContext> event) {
        event.accept(context);
    }

    /** Sends a small request to a route and gives back the id of its job. */
    public JobId accept(String path) throws IOException {
        Wire.Reply reply = Wire.call(
                transport, port, "POST " + path + " HTTP/1.1\nHost: gateway.example\nContent-Length: 4", new byte[] {
                    'b', 'o', 'd', 'y'
                });
        return id(reply);
    }

    public static JobId id(Wire.Reply accepted) {
        return JobId.parse(accepted.json().get("id").asString()).orElseThrow();
    }

    public StoredRequest request(JobId id) {
        return journal().request(id).block(LIMIT);
    }

    public static byte[] bytes(Flux<byte[]> body) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        body.toIterable().forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** Waits until that many requests wait for a job. */
    void awaitWaiting(int requests) {
        QueueRig.until(() -> count("sluice.events.waiting") == requests);
    }

    /** Starts the job that is next on its route. */
    public Job claim(String route) {
        return journal()
                .claim(Map.of(route, Journal.Demand.of(1)), Duration.ofHours(1))
                .block(LIMIT)
                .jobs()
                .get(0);
    }

    public Job record(Job claimed, Transition move) {
        return journal().record(claimed, move).block(LIMIT);
    }

    public Job answer(Job claimed, int status, Failure failure, Headers fields, Flux<byte[]> body) {
        return Ends.finish(journal(), claimed, new Ending(new JobResult(status, fields), failure), body)
                .block(LIMIT);
    }

    @Override
    public void close() {
        context.close();
    }
}
