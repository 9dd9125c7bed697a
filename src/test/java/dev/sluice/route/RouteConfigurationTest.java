package dev.sluice.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.http.MediaType;
import org.springframework.util.unit.DataSize;

class RouteConfigurationTest {

    private static final String PATH = "sluice.routes.reports.path=/reports/**";
    private static final String BACKEND = "sluice.routes.reports.backend=http://localhost:9000";

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withUserConfiguration(RouteConfiguration.class, Other.class);

    @Test
    void aRouteHasTheDocumentedDefaults() {
        runner.withPropertyValues(PATH, BACKEND).run(context -> {
            Route route = context.getBean(CurrentRoutes.class).byId("reports").orElseThrow();
            assertThat(route.match().path().getPatternString()).isEqualTo("/reports/**");
            assertThat(route.call().target().uri()).isEqualTo(URI.create("http://localhost:9000"));
            assertThat(route.match().methods()).isEmpty();
            assertThat(route.match().consumes()).isEmpty();
            assertThat(route.match().conditions()).isEqualTo(Conditions.NONE);
            assertThat(route.admission().mode()).isEqualTo(AdmissionPolicy.Mode.ASYNC);
            assertThat(route.admission().defaultWait()).isEqualTo(Duration.ZERO);
            assertThat(route.admission().whenFinished()).isEqualTo(AdmissionPolicy.WhenFinished.STATUS);
            assertThat(route.call().target().stripPrefix()).isZero();
            assertThat(route.call().headerRules()).isEqualTo(HeaderRules.NONE);
            assertThat(route.admission().credentials()).isEmpty();
            assertThat(route.admission().rateLimit()).isNull();
            assertThat(route.call().timeouts().idle()).isEqualTo(Duration.ofSeconds(60));
            assertThat(route.call().streaming()).isEqualTo(CallPolicy.Streaming.AUTO);
            assertThat(route.call().following()).isEqualTo(CallPolicy.Following.NONE);
            assertThat(route.admission().maxRequest()).isEqualTo(DataSize.ofMegabytes(10));
            assertThat(route.call().maxResponse()).isEqualTo(DataSize.ofMegabytes(100));
            assertThat(route.admission().idempotency()).isEqualTo(AdmissionPolicy.Idempotency.OPTIONAL);
            assertThat(route.admission().keyScope()).isEqualTo(new KeyScope.Caller());
            assertThat(route.admission().priority()).isTrue();
            assertThat(route.call().concurrency()).isEqualTo(Concurrency.perNode(16));
            assertThat(route.call().rate()).isNull();
            assertThat(route.admission().queue()).isEqualTo(100_000);
            assertThat(route.call().timeouts().connect()).isEqualTo(Duration.ofSeconds(5));
            assertThat(route.call().connections())
                    .isEqualTo(new Connections(
                            16, Duration.ofSeconds(30), Duration.ofMinutes(10), DataSize.ofKilobytes(64), null, false));
            assertThat(route.call().timeouts().attempt()).isEqualTo(Duration.ofSeconds(60));
            assertThat(route.call().retry())
                    .isEqualTo(new RetryPolicy(
                            5,
                            Duration.ofSeconds(1),
                            Duration.ofMinutes(5),
                            Set.of(408, 425, 429, 500, 502, 503, 504),
                            Duration.ofMinutes(15),
                            Duration.ofHours(24)));
            assertThat(route.call().success()).isEqualTo(StatusRanges.parse(List.of("1xx-3xx")));
            assertThat(route.admission().keep()).isEqualTo(Duration.ofHours(24));
        });
    }

    @Test
    void everyKeyIsTaken() {
        runner.withPropertyValues(
                        "sluice.routes.r.path=/r/s/{id}",
                        "sluice.routes.r.backend=https://example.org/api/",
                        "sluice.routes.r.methods=POST,PURGE",
                        "sluice.routes.r.host=*.Example.org",
                        "sluice.routes.r.headers.X-Version=v[12]",
                        "sluice.routes.r.mode=async",
                        "sluice.routes.r.wait=1500ms",
                        "sluice.routes.r.when-finished=redirect",
                        "sluice.routes.r.strip-prefix=2",
                        "sluice.routes.r.add-request-headers.X-Tenant=acme",
                        "sluice.routes.r.drop-request-headers=Cookie,X-Tenant",
                        "sluice.routes.r.credentials=X-Partner-Key",
                        "sluice.routes.r.drop-response-headers=Server",
                        "sluice.routes.r.consumes[0]=application/json",
                        "sluice.routes.r.consumes[1]=image/*",
                        "sluice.routes.r.max-request=1KB",
                        "sluice.routes.r.max-response=2KB",
                        "sluice.routes.r.idempotency=required",
                        "sluice.routes.r.idempotency-scope=header:X-Tenant",
                        "sluice.routes.r.priority=false",
                        "sluice.routes.r.concurrency=3",
                        "sluice.routes.r.rate=90/m",
                        "sluice.routes.r.queue=4",
                        "sluice.routes.r.rate-limit.by=header:X-Api-Key",
                        "sluice.routes.r.rate-limit.limit=10/h",
                        "sluice.routes.r.rate-limit.burst=3",
                        "sluice.routes.r.rate-limit.in-flight=50",
                        "sluice.routes.r.connect-timeout=1s",
                        "sluice.routes.r.idle-connection=0s",
                        "sluice.routes.r.connection-life=1m",
                        "sluice.routes.r.max-response-header=3KB",
                        "sluice.routes.r.tls=partner",
                        "sluice.routes.r.timeout=2s",
                        "sluice.routes.r.idle-timeout=3s",
                        "sluice.routes.r.stream=true",
                        "sluice.routes.r.follow=true",
                        "sluice.routes.r.follow-cancel=true",
                        "sluice.routes.r.attempts=1",
                        "sluice.routes.r.backoff=10ms",
                        "sluice.routes.r.max-backoff=20ms",
                        "sluice.routes.r.retry-on=",
                        "sluice.routes.r.max-hold=1m",
                        "sluice.routes.r.give-up=2m",
                        "sluice.routes.r.success=2xx,304,400-404",
                        "sluice.routes.r.keep=1h")
                .run(context -> {
                    Route route = context.getBean(CurrentRoutes.class).byId("r").orElseThrow();
                    assertThat(route.match().methods()).containsExactlyInAnyOrder("POST", "PURGE");
                    assertThat(route.match().consumes())
                            .containsExactly(MediaType.APPLICATION_JSON, MediaType.parseMediaType("image/*"));
                    assertThat(route.match().conditions().host()).isEqualTo("*.example.org");
                    assertThat(route.match().conditions().headers())
                            .hasEntrySatisfying(
                                    "x-version",
                                    pattern -> assertThat(pattern.pattern()).isEqualTo("v[12]"));
                    assertThat(route.admission().mode()).isEqualTo(AdmissionPolicy.Mode.ASYNC);
                    assertThat(route.admission().defaultWait()).isEqualTo(Duration.ofMillis(1500));
                    assertThat(route.admission().whenFinished()).isEqualTo(AdmissionPolicy.WhenFinished.REDIRECT);
                    assertThat(route.call().target().stripPrefix()).isEqualTo(2);
                    assertThat(route.admission().credentials()).containsExactly("x-partner-key");
                    assertThat(route.call().headerRules())
                            .isEqualTo(new HeaderRules(
                                    Map.of("X-Tenant", "acme"), Set.of("cookie", "x-tenant"), Set.of("server")));
                    assertThat(route.admission().rateLimit())
                            .isEqualTo(new RateLimit(
                                    new RateLimit.By.Header("X-Api-Key"), 10, Duration.ofHours(1), 3, 50));
                    assertThat(route.call().timeouts().idle()).isEqualTo(Duration.ofSeconds(3));
                    assertThat(route.call().streaming()).isEqualTo(CallPolicy.Streaming.TRUE);
                    assertThat(route.call().following()).isEqualTo(CallPolicy.Following.POLL_AND_DELETE);
                    assertThat(route.admission().maxRequest()).isEqualTo(DataSize.ofKilobytes(1));
                    assertThat(route.call().maxResponse()).isEqualTo(DataSize.ofKilobytes(2));
                    assertThat(route.admission().idempotency()).isEqualTo(AdmissionPolicy.Idempotency.REQUIRED);
                    assertThat(route.admission().keyScope()).isEqualTo(new KeyScope.Header("X-Tenant"));
                    assertThat(route.admission().priority()).isFalse();
                    assertThat(route.call().concurrency()).isEqualTo(Concurrency.perNode(3));
                    assertThat(route.call().rate()).isEqualTo(new Rate(90, Duration.ofMinutes(1), 1, false));
                    assertThat(route.admission().queue()).isEqualTo(4);
                    assertThat(route.call().timeouts().connect()).isEqualTo(Duration.ofSeconds(1));
                    assertThat(route.call().connections())
                            .isEqualTo(new Connections(
                                    3,
                                    Duration.ZERO,
                                    Duration.ofMinutes(1),
                                    DataSize.ofKilobytes(3),
                                    "partner",
                                    false));
                    assertThat(route.call().timeouts().attempt()).isEqualTo(Duration.ofSeconds(2));
                    assertThat(route.call().retry())
                            .isEqualTo(new RetryPolicy(
                                    1,
                                    Duration.ofMillis(10),
                                    Duration.ofMillis(20),
                                    Set.of(),
                                    Duration.ofMinutes(1),
                                    Duration.ofMinutes(2)));
                    assertThat(route.call().success().contains(401)).isTrue();
                    assertThat(route.call().success().contains(303)).isFalse();
                    assertThat(route.admission().keep()).isEqualTo(Duration.ofHours(1));
                });
    }

    @Test
    void bodiesThatAreStreamedThroughHaveNoLimitUnlessOneIsSet() {
        Route free = Routes.route("r", "/r", "http://localhost", "mode=sync");
        assertThat(free.admission().maxRequest()).isEqualTo(Route.UNLIMITED);
        assertThat(free.call().maxResponse()).isEqualTo(Route.UNLIMITED);
        Route set = Routes.route("r", "/r", "http://localhost", "mode=sync", "max-request=1KB", "max-response=2KB");
        assertThat(set.admission().maxRequest()).isEqualTo(DataSize.ofKilobytes(1));
        assertThat(set.call().maxResponse()).isEqualTo(DataSize.ofKilobytes(2));
        Route negotiated = Routes.route("r", "/r", "http://localhost", "mode=negotiate");
        assertThat(negotiated.admission().maxRequest()).isEqualTo(DataSize.ofMegabytes(10));
        assertThat(negotiated.call().maxResponse()).isEqualTo(DataSize.ofMegabytes(100));
    }

    @Test
    void requestsThatArePassedThroughWaitForConnectionsInTheRoutesQueue() {
        String[] settings = {"concurrency=3", "queue=40"};
        assertThat(Routes.route("r", "/r", "http://localhost", settings)
                        .call()
                        .connections()
                        .maxPending())
                .isEqualTo(3);
        assertThat(Routes.route("r", "/r", "http://localhost", "mode=sync", settings[0], settings[1])
                        .call()
                        .connections()
                        .maxPending())
                .isEqualTo(40);
    }

    @Test
    void namesWithUnderscoresAreNames() {
        Route route = Routes.route("r", "/r", "http://stack_my-service_1:9000/api");
        assertThat(route.call().target().host()).isEqualTo("stack_my-service_1");
        assertThat(route.call().target().port()).isEqualTo(9000);
        assertThat(Routes.route("r", "/r", "https://my_service").call().target().port())
                .isEqualTo(443);
    }

    @Test
    void theConcurrencyIsThatOfANodeOrOfAllNodes() {
        assertThat(Routes.route("r", "/r", "http://localhost", "concurrency=4")
                        .call()
                        .concurrency())
                .isEqualTo(new Concurrency(4, 4, Integer.MAX_VALUE));
        assertThat(Routes.route("r", "/r", "http://localhost", "concurrency.cluster=64")
                        .call()
                        .concurrency())
                .isEqualTo(new Concurrency(64, 64, 64));
        assertThat(fromTheEnvironment("SLUICE_ROUTES_R_CONCURRENCY", "4")).isEqualTo(Concurrency.perNode(4));
        assertThat(fromTheEnvironment("SLUICE_ROUTES_R_CONCURRENCY_CLUSTER", "64"))
                .isEqualTo(Concurrency.cluster(64));
        assertThatThrownBy(() -> fromTheEnvironment(
                        "SLUICE_ROUTES_R_CONCURRENCY", "4", "SLUICE_ROUTES_R_CONCURRENCY_CLUSTER", "64"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("sluice.routes.r.concurrency.cluster is '64'; expected: one of both: "
                        + "sluice.routes.r.concurrency is '4' already");
    }

    private static Concurrency fromTheEnvironment(String... namesAndValues) {
        Map<String, Object> variables = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            variables.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        StandardEnvironment environment = new StandardEnvironment();
        MutablePropertySources sources = environment.getPropertySources();
        sources.replace(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                new SystemEnvironmentPropertySource(
                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
        sources.addLast(new MapPropertySource(
                "file", Map.of("sluice.routes.r.path", "/r", "sluice.routes.r.backend", "http://localhost")));
        return RouteBinder.bind(environment).get(0).call().concurrency();
    }

    @Test
    void theConcurrencyMayBeFoundBetweenTwoBounds() {
        assertThat(concurrency("concurrency.min=2", "concurrency.max=8")).isEqualTo(Concurrency.between(2, 8));
        assertThat(concurrency("concurrency.min=2")).isEqualTo(Concurrency.between(2, 256));
        assertThat(concurrency("concurrency.max=8")).isEqualTo(Concurrency.between(1, 8));
        assertThat(concurrency("concurrency.min=8", "concurrency.max=8").adaptive())
                .isFalse();
        assertThat(fromTheEnvironment("SLUICE_ROUTES_R_CONCURRENCY_MAX", "8")).isEqualTo(Concurrency.between(1, 8));
        assertThatThrownBy(() ->
                        fromTheEnvironment("SLUICE_ROUTES_R_CONCURRENCY", "4", "SLUICE_ROUTES_R_CONCURRENCY_MAX", "8"))
                .hasMessage("sluice.routes.r.concurrency.max is '8'; expected: one of both: "
                        + "sluice.routes.r.concurrency is '4' already");
    }

    private static Concurrency concurrency(String... settings) {
        return Routes.route("r", "/r", "http://localhost", settings).call().concurrency();
    }

    @Test
    void theBurstOfARateIsWhatComesInTwentyMillisecondsUnlessItIsSet() {
        assertThat(rate("rate=50/s")).isEqualTo(new Rate(50, Duration.ofSeconds(1), 1, false));
        assertThat(rate("rate=1000/s")).isEqualTo(new Rate(1000, Duration.ofSeconds(1), 20, false));
        assertThat(rate("rate.limit=5/d")).isEqualTo(new Rate(5, Duration.ofDays(1), 1, false));
        assertThat(rate("rate.cluster=5/h", "rate.burst=4")).isEqualTo(new Rate(5, Duration.ofHours(1), 4, true));
    }

    private static Rate rate(String... settings) {
        return Routes.route("r", "/r", "http://localhost", settings).call().rate();
    }

    @Test
    void theBurstIsTheLimitUnlessItIsSet() {
        Route route = Routes.route("r", "/r", "http://localhost", "rate-limit.by=ip", "rate-limit.limit=100/m");
        assertThat(route.admission().rateLimit())
                .isEqualTo(new RateLimit(new RateLimit.By.Ip(), 100, Duration.ofMinutes(1), 100, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ip", "caller", "header:X-Api-Key"})
    void whatTellsClientsApartIsShownAsItIsWritten(String by) {
        Route route = Routes.route("r", "/r", "http://localhost", "rate-limit.by=" + by, "rate-limit.limit=100/m");
        assertThat(route.admission().rateLimit().by().text()).isEqualTo(by);
    }

    @Test
    void aRouteWaitsNoLongerThanAClientMayAskFor() {
        RouteTable table = new RouteTable(List.of(Routes.route("r", "/r", "http://localhost", "wait=30s")));
        table.requireWaitUpTo(Duration.ofSeconds(30));
        assertThatThrownBy(() -> table.requireWaitUpTo(Duration.ofMillis(29_500)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "sluice.routes.r.wait is '30s'; expected: at most sluice.ingress.max-wait, which is 29500ms");
    }

    @Test
    void theIdOfTheRouteOfCallbacksIsTaken() {
        assertThatThrownBy(() -> Routes.route("callbacks", "/callbacks", "http://localhost"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("sluice.routes.callbacks is 'callbacks'; expected: another id");
    }

    static Stream<Arguments> wrong() {
        String route = "sluice.routes.reports.";
        return Stream.of(
                wrong("backend=localhost:9000", "'localhost:9000'", "an http or https URI"),
                wrong("backend=/somewhere", "'/somewhere'", "an http or https URI"),
                wrong("backend=ftp://localhost", "'ftp://localhost'", "an http or https URI"),
                wrong("backend=http://a b", "'http://a b'", "an http or https URI"),
                wrong("backend=http://", "'http://'", "an http or https URI"),
                wrong("backend=http://my host:80", "'http://my host:80'", "an http or https URI"),
                wrong("backend=http://my_host:0", "'http://my_host:0'", "with a host name"),
                wrong("backend=http://joe@my_host", "my_host", "with a host name"),
                wrong("backend=http://localhost:99999", "99999", "port up to 65535"),
                wrong("backend=http://localhost/?a=b", "?a=b", "without query"),
                wrong("backend=http://localhost/#a", "#a", "fragment"),
                wrong("backend=http://joe:hidden@localhost/", "//******@localhost", "user information"),
                wrong("path=reports", "'reports'", "a path pattern such as"),
                wrong("path=/re ports", "'/re ports'", "percent-encoded"),
                wrong("path=/reports/{id", "'/reports/{id'", "a path pattern such as"),
                wrong("path=/a/**/b/**", "'/a/**/b/**'", "a path pattern such as"),
                wrong("methods=GE T", "'GE T'", "names of methods"),
                wrong("methods=get", "'get'", "GET, because methods are case-sensitive"),
                wrong("mode=fast", "'fast'", "one of async, negotiate, sync"),
                wrong("host=http://example.org", "'http://example.org'", "a host name such as example.org"),
                wrong("host=example.org:8080", "'example.org:8080'", "without a port"),
                wrong("host=*", "'*'", "a host name"),
                wrong("host=a.*.org", "'a.*.org'", "a host name"),
                wrong("host=.example.org", "'.example.org'", "a host name"),
                wrong("headers.X-A", "headers.X-A=(", "'('", "a regular expression"),
                wrong("headers", "headers.[X A]=.*", "'X A'", "names of header fields"),
                wrong("headers", "headers.Host=a", "'Host'", "the key host"),
                wrong("mode=fast", "'fast'", "one of async, negotiate, sync"),
                wrong("wait=-1s", "'-1s'", "from 0s to 3650d"),
                wrong("wait=99999d", "'PT2399976H'", "from 0s to 3650d"),
                wrong("wait=soon", "'soon'", "a duration such as 30s"),
                wrong("wait", "mode=negotiate wait=1s", "'1s'", "0s in the modes negotiate and sync"),
                wrong("wait", "mode=sync wait=1s", "'1s'", "0s in the modes negotiate and sync"),
                wrong("idempotency", "mode=sync idempotency=required", "'required'", "optional or off in mode sync"),
                wrong("when-finished=result", "'result'", "one of status, redirect"),
                wrong("follow", "mode=sync follow=true", "'true'", "false in mode sync"),
                wrong("follow-cancel", "follow-cancel=true", "'true'", "false where follow is false"),
                wrong("when-finished", "mode=sync when-finished=redirect", "'redirect'", "status in mode sync"),
                wrong("strip-prefix=-1", "'-1'", "from 0 to 1"),
                wrong("strip-prefix=2", "'2'", "from 0 to 1"),
                wrong("strip-prefix=one", "'one'", "a whole number"),
                wrong("strip-prefix", "path=/{x}/a strip-prefix=1", "'1'", "0, because /{x}/a does not begin"),
                wrong("strip-prefix", "path=/a*/b strip-prefix=1", "'1'", "0, because"),
                wrong("strip-prefix", "path=/a?/b strip-prefix=1", "'1'", "0, because"),
                wrong("strip-prefix", "path=/** strip-prefix=1", "'1'", "0, because"),
                wrong("strip-prefix", "path=/a/b/{x}/c strip-prefix=3", "'3'", "from 0 to 2"),
                wrong("strip-prefix", "path=/a//b strip-prefix=2", "'2'", "from 0 to 1"),
                wrong("add-request-headers", "add-request-headers.[X A]=1", "'X A'", "names of header fields"),
                wrong("add-request-headers", "add-request-headers.Host=a", "'Host'", "other than those"),
                wrong("add-request-headers", "add-request-headers.content-length=1", "'content-length'", "other than"),
                wrong("add-request-headers", "add-request-headers.Transfer-Encoding=a", "'Transfer-Encoding'", "other"),
                wrong("add-request-headers", "add-request-headers.Connection=a", "'Connection'", "other than"),
                wrong("add-request-headers", "add-request-headers.Proxy-Auth=a", "'Proxy-Auth'", "other than"),
                wrong("add-request-headers", "add-request-headers.Sluice-Job=a", "'Sluice-Job'", "other than"),
                wrong("add-request-headers", "add-request-headers.Idempotency-Key=a", "'Idempotency-Key'", "other"),
                wrong(
                        "add-request-headers",
                        "add-request-headers.[X_A]=1 add-request-headers.[x_a]=2",
                        "'x_a'",
                        "each name once"),
                wrong(
                        "add-request-headers.X-A",
                        "add-request-headers.X-A=hidden\u0007bell",
                        "'******'",
                        "control characters"),
                wrong("add-request-headers.X-A", "add-request-headers.X-A=hidden\u00fc", "'******'", "visible ASCII"),
                wrong("credentials=a b", "'a b'", "names of header fields"),
                wrong("drop-request-headers=a b", "'a b'", "names of header fields"),
                wrong("drop-request-headers=Host", "'Host'", "other than those"),
                wrong("drop-request-headers=X-Forwarded-For", "'X-Forwarded-For'", "other than those"),
                wrong("drop-response-headers=Content-Length", "'Content-Length'", "other than those"),
                wrong("drop-response-headers=Server:", "'Server:'", "names of header fields"),
                wrong("rate-limit.by", "rate-limit.limit=1/s", "(not set)", "ip, caller, or header:"),
                wrong("rate-limit.by", "rate-limit.by=user rate-limit.limit=1/s", "'user'", "ip, caller, or header:"),
                wrong(
                        "rate-limit.by",
                        "rate-limit.by=header: rate-limit.limit=1/s",
                        "'header:'",
                        "ip, caller, or header:"),
                wrong("rate-limit.limit", "rate-limit.by=ip", "(not set)", "such as 10/s, 100/m"),
                wrong("rate-limit.limit", "rate-limit.by=ip rate-limit.limit=0/s", "'0/s'", "such as 10/s"),
                wrong("rate-limit.limit", "rate-limit.by=ip rate-limit.limit=5/w", "'5/w'", "such as 10/s"),
                wrong("rate-limit.limit", "rate-limit.by=ip rate-limit.limit=5", "'5'", "such as 10/s"),
                wrong(
                        "rate-limit.burst",
                        "rate-limit.by=ip rate-limit.limit=5/s rate-limit.burst=0",
                        "'0'",
                        "at least 1"),
                wrong("rate-limit.in-flite=5", "'5'", "one of the keys by, limit, burst, in-flight"),
                wrong("rate-limit.in-flight", "rate-limit.by=ip rate-limit.in-flight=0", "0", "at least 1"),
                wrong(
                        "rate-limit.in-flight",
                        "mode=sync rate-limit.by=ip rate-limit.in-flight=5",
                        "5",
                        "no jobs are made"),
                wrong("rate-limit=100", "'100'", "one of the keys by, limit, burst"),
                wrong("idle-timeout=0s", "'0s'", "a duration such as 30s"),
                wrong("rate=5", "'5'", "calls of the backend in a second"),
                wrong("rate=0/s", "'0/s'", "such as 10/s"),
                wrong("rate.limit=5/w", "'5/w'", "such as 10/s"),
                wrong("rate.cluster=many", "'many'", "such as 10/s"),
                wrong("rate.limit", "rate.burst=3", "(not set)", "such as 10/s"),
                wrong("rate.burst", "rate.limit=5/s rate.burst=0", "'0'", "at least 1"),
                wrong("rate.burst", "rate.limit=5/s rate.burst=lots", "'lots'", "a whole number"),
                wrong("rate.cluster", "rate.limit=5/s rate.cluster=9/s", "'9/s'", "one of both"),
                wrong("rate.burst", "rate=5/s rate.burst=9", "'9'", "rate is '5/s' already"),
                wrong("rate.by=ip", "'ip'", "a rate such as 50/s, or the keys limit or cluster"),
                wrong("rate", "mode=sync rate=5/s", "'5/s'", "no rate in mode sync"),
                wrong("rate.cluster", "mode=sync rate.cluster=5/s", "'5/s'", "no rate in mode sync"),
                wrong("stream=perhaps", "'perhaps'", "one of auto, true, false"),
                wrong("track=true", "'true'", "one of the keys path, backend"),
                wrong("fair-by=a b", "'a b'", "names of header fields"),
                wrong("fair-by", "mode=sync fair-by=X", "'X'", "no field in mode sync"),
                wrong("concurrency.most=5", "'5'", "a whole number, or the keys min and max, or cluster, with one"),
                wrong("concurrency.min", "concurrency.cluster=5 concurrency.min=1", "'1'", "one of both"),
                wrong("concurrency.max", "concurrency.cluster=5 concurrency.max=1", "'1'", "one of both"),
                wrong("concurrency.min=0", "'0'", "at least 1"),
                wrong("concurrency.max=0", "'0'", "at least 1"),
                wrong(
                        "concurrency.min",
                        "concurrency.min=9 concurrency.max=8",
                        "'9'",
                        "at most concurrency.max, which is 8"),
                wrong("concurrency.min=300", "'300'", "at most concurrency.max, which is 256"),
                wrong("concurrency.max", "concurrency=4 concurrency.max=8", "'8'", "concurrency is '4' already"),
                wrong("concurrency.max", "mode=sync concurrency.max=8", "'8'", "in mode sync, which makes no job"),
                wrong("consumes=json", "'json'", "media types such as"),
                wrong("max-request=lots", "'lots'", "a size such as"),
                wrong("max-response=-1MB", "'-1", "not negative"),
                wrong("idempotency-scope=everybody", "'everybody'", "caller, route, or header:"),
                wrong("idempotency-scope=header:", "'header:'", "caller, route, or header:"),
                wrong("priority=maybe", "'maybe'", "true or false"),
                wrong("idempotency=never", "'never'", "one of optional, required, off"),
                wrong("concurrency=0", "'0'", "at least 1"),
                wrong("concurrency=-1", "'-1'", "at least 1"),
                wrong("concurrency=", "''", "a whole number, or the keys min and max, or cluster, with one"),
                wrong("concurrency=many", "'many'", "a whole number, or the keys min and max, or cluster, with one"),
                wrong(
                        "concurrency=99999999999",
                        "'99999999999'",
                        "a whole number, or the keys min and max, or cluster, with one"),
                wrong("concurrency.cluster=0", "'0'", "at least 1"),
                wrong("concurrency.cluster=-1", "'-1'", "at least 1"),
                wrong("concurrency.cluster=many", "'many'", "a whole number"),
                wrong("concurrency.cluster.all=5", "'5'", "a whole number"),
                wrong(
                        "concurrency.cluster",
                        "concurrency=4 concurrency.cluster=8",
                        "'8'",
                        "one of both: sluice.routes.reports.concurrency is '4' already"),
                wrong(
                        "concurrency.cluster",
                        "mode=sync concurrency.cluster=8",
                        "'8'",
                        "in mode sync, which makes no job"),
                wrong("queue=0", "'0'", "at least 1"),
                wrong("attempts=-1", "'-1'", "at least 1"),
                wrong("connect-timeout=0s", "'0s'", "a duration such as 30s"),
                wrong("idle-connection=-1s", "'-1s'", "from 0s"),
                wrong("connection-life=0s", "'0s'", "a duration such as 30s"),
                wrong("max-response-header=17MB", "'17", "from 1B to 16MB"),
                wrong("tls=partner", "'partner'", "where the backend's URI does not begin with https:"),
                wrong("timeout=soon", "'soon'", "a duration such as 30s"),
                wrong("timeout=-5s", "'-5s'", "a duration such as 30s"),
                wrong("timeout=500us", "'PT0.0005S'", "from 1ms"),
                wrong("timeout=99999d", "'PT2399976H'", "to 3650d"),
                wrong("backoff=0s", "'0s'", "a duration such as 30s"),
                wrong("backoff=6m", "'360s'", "at most max-backoff, which is 300s"),
                wrong("max-backoff=0s", "'0s'", "a duration such as 30s"),
                wrong("max-hold=0s", "'0s'", "a duration such as 30s"),
                wrong("give-up=-1s", "'-1s'", "a duration such as 30s"),
                wrong("keep=0s", "'0s'", "a duration such as 30s"),
                wrong("retry-on=5xx", "'5xx'", "statuses such as 503"),
                wrong("retry-on=600", "'600'", "from 100 to 599"),
                wrong("success=", "''", "at least one status"),
                wrong("success=abc", "'abc'", "such as 304, 2xx"),
                wrong("success=404-400", "'404-400'", "such as 304, 2xx"),
                wrong("success=6xx", "'6xx'", "such as 304, 2xx"),
                wrong("colour=red", "'red'", "one of the keys path, backend, methods"),
                wrong("timeout.long=1s", "'1s'", "a duration such as 30s"),
                Arguments.of(
                        "sluice.routes.Reports", List.of("sluice.routes.Reports.path=/x"), "'Reports'", "a route id"),
                Arguments.of(
                        "sluice.routes.switch",
                        List.of("sluice.routes.switch=on"),
                        "'on'",
                        "one of the keys path, backend"),
                Arguments.of(
                        "sluice.jurnal.path",
                        List.of("sluice.jurnal.path=/data"),
                        "'/data'",
                        "sluice.other, sluice.routes"),
                Arguments.of("sluice.other.size", List.of("sluice.other.size=big"), "'big'", "a size such as"),
                Arguments.of(
                        "sluice.other.color", List.of("sluice.other.color=1"), "'1'", "one of the keys size, inner"),
                Arguments.of(
                        "sluice.other.inner.b", List.of("sluice.other.inner.b=1"), "'1'", "one of the keys some-thing"),
                Arguments.of(
                        "sluice.other.inner.some-thing",
                        List.of("sluice.other.inner.some-thing=maybe"),
                        "'maybe'",
                        "true or false"));
    }

    private static Arguments wrong(String setting, String value, String expected) {
        String key = setting.substring(0, setting.indexOf('='));
        return Arguments.of(
                "sluice.routes.reports." + key, List.of("sluice.routes.reports." + setting), value, expected);
    }

    /** For a key that is wrong because of several settings, split where a space is followed by another of them. */
    private static Arguments wrong(String key, String settings, String value, String expected) {
        List<String> all = Stream.of(settings.split(" (?=[a-z.-]+(\\[|=))"))
                .map(setting -> "sluice.routes.reports." + setting)
                .toList();
        return Arguments.of("sluice.routes.reports." + key, all, value, expected);
    }

    @ParameterizedTest
    @MethodSource
    void wrong(String key, List<String> settings, String value, String expected) {
        AtomicReference<Environment> environment = new AtomicReference<>();
        runner.withPropertyValues(PATH, BACKEND)
                .withPropertyValues(settings.toArray(String[]::new))
                .withInitializer(context -> environment.set(context.getEnvironment()))
                .run(context -> {
                    assertThat(context).hasFailed();
                    FailureAnalysis analysis =
                            new ConfigurationFailureAnalyzer(environment.get()).analyze(context.getStartupFailure());
                    assertThat(analysis).isNotNull();
                    assertThat(analysis.getDescription().lines().map(String::strip))
                            .contains("key:      " + key)
                            .anyMatch(line -> line.startsWith("value:") && line.contains(value))
                            .anyMatch(line -> line.startsWith("expected:") && line.contains(expected));
                    assertThat(analysis.getDescription()).doesNotContain("hidden", "Exception", "dev.sluice");
                });
    }

    @Test
    void requiredKeysAreAskedFor() {
        for (String missing : List.of("path", "backend")) {
            runner.withPropertyValues(missing.equals("path") ? BACKEND : PATH)
                    .run(context -> assertThat(BindErrors.find(context.getStartupFailure()))
                            .hasMessageStartingWith("sluice.routes.reports." + missing + " is not set; expected: "));
        }
    }

    @Test
    void routesThatCanNeverBothBeReachedAreRefused() {
        refused("/a/{x}", "", "/a/{y}", "");
        refused("/a/**", "", "/a/{*rest}", "POST");
        refused("/a", "GET,POST", "/a", "POST");
        refused("/a/{x:[0-9]+}", "", "/a/{y:[0-9]+}", "GET");
        taken("/a", "GET", "/a", "POST");
        taken("/a", "GET", "/a", "GET,POST");
        taken("/a", "GET", "/a", "");
        taken("/a/*", "", "/a/**", "");
        taken("/a/{x:[0-9]+}", "", "/a/{x:[a-z]+}", "");
    }

    @Test
    void onlyARouteWithoutConditionsOfItsOwnHidesAnother() {
        refusedUnder("", "host=a.org");
        refusedUnder("host=a.org", "host=A.org");
        refusedUnder("host=*.a.org", "host=b.a.org");
        refusedUnder("host=*.a.org", "host=*.b.a.org");
        refusedUnder("headers.X-A=1", "headers.x-a=1");
        refusedUnder("headers.X-A=1", "headers.X-A=1,headers.X-B=2");
        takenUnder("host=a.org", "");
        takenUnder("host=a.org", "host=b.org");
        takenUnder("host=a.org", "host=*.a.org");
        takenUnder("host=*.a.org", "host=a.org");
        takenUnder("headers.X-A=1", "headers.X-A=2");
        takenUnder("headers.X-A=1,headers.X-B=2", "headers.X-A=1");
        takenUnder("headers.X-A=1", "host=a.org");
    }

    private static void refusedUnder(String conditions1, String conditions2) {
        assertThatThrownBy(() -> twoUnder(conditions1, conditions2).requireReachable())
                .as("[%s] then [%s]", conditions1, conditions2)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("route 'a' takes these requests");
    }

    private static void takenUnder(String conditions1, String conditions2) {
        assertThatCode(() -> twoUnder(conditions1, conditions2).requireReachable())
                .as("[%s] then [%s]", conditions1, conditions2)
                .doesNotThrowAnyException();
    }

    private static RouteTable twoUnder(String conditions1, String conditions2) {
        return new RouteTable(List.of(
                Routes.route("a", "/a/{x}", "http://localhost", settings(conditions1)),
                Routes.route("b", "/a/{y}", "http://localhost", settings(conditions2))));
    }

    private static String[] settings(String conditions) {
        return conditions.isEmpty() ? new String[0] : conditions.split(",");
    }

    private void refused(String path1, String methods1, String path2, String methods2) {
        two(path1, methods1, path2, methods2)
                .run(context -> assertThat(BindErrors.find(context.getStartupFailure()))
                        .as("%s %s and %s %s", methods1, path1, methods2, path2)
                        .hasMessageStartingWith("sluice.routes.b.path is '" + path2 + "'")
                        .hasMessageContaining("route 'a' takes these requests"));
    }

    private void taken(String path1, String methods1, String path2, String methods2) {
        two(path1, methods1, path2, methods2).run(context -> assertThat(context).hasNotFailed());
    }

    private ApplicationContextRunner two(String path1, String methods1, String path2, String methods2) {
        return runner.withPropertyValues(
                "sluice.routes.a.path=" + path1,
                "sluice.routes.a.methods=" + methods1,
                "sluice.routes.a.backend=http://localhost",
                "sluice.routes.b.path=" + path2,
                "sluice.routes.b.methods=" + methods2,
                "sluice.routes.b.backend=http://localhost");
    }

    @Test
    void keysOfTheEnvironmentAreNotRefused() {
        runner.withPropertyValues(PATH, BACKEND)
                .withSystemProperties("sluice.port.tcp=tcp://10.0.0.1:80", "sluice.routes.reports.addr=10.0.0.1")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @ConfigurationProperties(prefix = "sluice.other", ignoreUnknownFields = false)
    record OtherProperties(
            @DefaultValue("1MB") DataSize size,
            @DefaultValue Inner inner) {
        record Inner(@DefaultValue("false") boolean someThing) {}
    }

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(OtherProperties.class)
    static class Other {}
}
