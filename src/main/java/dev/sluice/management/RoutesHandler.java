package dev.sluice.management;

import dev.sluice.journal.Backlog.RouteBacklog;
import dev.sluice.journal.JobReader;
import dev.sluice.protection.AdaptiveConcurrency;
import dev.sluice.protection.Breakers;
import dev.sluice.protection.Hold;
import dev.sluice.protection.Holds;
import dev.sluice.protection.Pause;
import dev.sluice.protection.Pauses;
import dev.sluice.route.AdmissionPolicy;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Concurrency;
import dev.sluice.route.CurrentRoutes;
import dev.sluice.route.MatchRule;
import dev.sluice.route.Rate;
import dev.sluice.route.RateLimit;
import dev.sluice.route.Route;
import dev.sluice.route.StatusRanges;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Shows the routes: their settings, their queues and their rates. */
final class RoutesHandler {

    private static final Rates.Rate NONE = new Rates.Rate(0, 0, 0);
    private static final int MOST_HOLDS = 100;

    private final CurrentRoutes routes;
    private final JobReader journal;
    private final Pauses pauses;
    private final Holds holds;
    private final Rates rates;
    private final Breakers breakers;
    private final AdaptiveConcurrency limits;
    private final Clock clock;

    RoutesHandler(
            CurrentRoutes routes,
            JobReader journal,
            Pauses pauses,
            Holds holds,
            Rates rates,
            Breakers breakers,
            AdaptiveConcurrency limits,
            Clock clock) {
        this.routes = routes;
        this.journal = journal;
        this.pauses = pauses;
        this.holds = holds;
        this.rates = rates;
        this.breakers = breakers;
        this.limits = limits;
        this.clock = clock;
    }

    Mono<ServerResponse> list(ServerRequest request) {
        Map<String, Rates.Rate> now = rates.now();
        List<RouteSummary> all = routes.all().stream()
                .map(route -> summary(route, now.getOrDefault(route.id(), NONE)))
                .toList();
        return JobsHandler.ok().bodyValue(ManagementJson.of(new RouteSummary.Page(all)));
    }

    /** One route as the list shows it. */
    Mono<ServerResponse> show(Route route) {
        RouteSummary summary = summary(route, rates.now().getOrDefault(route.id(), NONE));
        return JobsHandler.ok().bodyValue(ManagementJson.of(summary));
    }

    private RouteSummary summary(Route route, Rates.Rate rate) {
        RouteBacklog backlog = journal.backlog().of(route.id());
        Instant oldest = backlog.oldest();
        Concurrency concurrency = route.call().concurrency();
        Pause pause = pauses.of(route.id());
        List<Hold> held = holds.of(route.id(), clock.instant());
        long callers = held.stream().filter(hold -> hold.caller() != null).count();
        return new RouteSummary(
                route.id(),
                route.isInternal() ? null : route.match().path().getPatternString(),
                route.isInternal() ? null : text(route.admission().mode()),
                route.isInternal() ? null : route.call().target().uri().toString(),
                backlog.depth(),
                backlog.delayed(),
                backlog.running(),
                backlog.awaiting() == 0 ? null : (Long) backlog.awaiting(),
                oldest == null ? null : ManagementJson.text(oldest),
                oldest == null
                        ? null
                        : Math.max(0, Duration.between(oldest, clock.instant()).toSeconds()),
                limits.limit(route.call()),
                concurrency.shared() ? "cluster" : "node",
                concurrency.adaptive() ? concurrency.min() : null,
                concurrency.adaptive() ? concurrency.perNode() : null,
                RouteSummary.PerSecond.of(rate),
                breaker(route),
                pause != null,
                pause == null ? null : ManagementJson.text(pause.at()),
                pause == null ? null : pause.note(),
                held.isEmpty()
                        ? null
                        : held.stream().limit(MOST_HOLDS).map(HoldSummary::of).toList(),
                callers == 0 ? null : (Long) callers,
                route.isInternal() ? null : settings(route));
    }

    private RouteSummary.@Nullable Breaker breaker(Route route) {
        boolean none = route.admission().mode() == AdmissionPolicy.Mode.SYNC
                || !route.call().breaker();
        return none ? null : RouteSummary.Breaker.of(breakers.of(route.id()));
    }

    /**
     * Under their names in the configuration and in its spelling. Of header fields that are added to requests only the names
     * are shown: the values may be credentials.
     */
    private static Map<String, Object> settings(Route route) {
        MatchRule match = route.match();
        AdmissionPolicy admission = route.admission();
        CallPolicy call = route.call();
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("methods", texts(match.methods()));
        put(settings, "host", match.conditions().host());
        settings.put("headers", texts(match.conditions().headers().keySet()));
        settings.put("wait", text(admission.defaultWait()));
        settings.put("when-finished", text(admission.whenFinished()));
        settings.put("strip-prefix", call.target().stripPrefix());
        settings.put(
                "add-request-headers", texts(call.headerRules().addRequest().keySet()));
        settings.put("drop-request-headers", texts(call.headerRules().dropRequest()));
        settings.put("drop-response-headers", texts(call.headerRules().dropResponse()));
        settings.put("credentials", texts(admission.credentials()));
        settings.put("consumes", texts(match.consumes()));
        settings.put("max-request", text(admission.maxRequest()));
        settings.put("max-response", text(call.maxResponse()));
        settings.put("max-response-header", text(call.connections().maxHeader()));
        settings.put("idempotency", text(admission.idempotency()));
        settings.put("idempotency-scope", admission.keyScope().text());
        settings.put("priority", admission.priority());
        settings.put("concurrency", concurrency(call.concurrency()));
        put(settings, "rate", rate(call.rate()));
        settings.put("queue", admission.queue());
        put(settings, "rate-limit", rateLimit(admission.rateLimit()));
        settings.put("connect-timeout", text(call.timeouts().connect()));
        settings.put("idle-connection", text(call.connections().idle()));
        settings.put("connection-life", text(call.connections().life()));
        put(settings, "tls", call.connections().tls());
        settings.put("timeout", text(call.timeouts().attempt()));
        settings.put("idle-timeout", text(call.timeouts().idle()));
        settings.put("stream", text(call.streaming()));
        settings.put("follow", call.following() != CallPolicy.Following.NONE);
        settings.put("follow-cancel", call.following() == CallPolicy.Following.POLL_AND_DELETE);
        settings.put("attempts", call.retry().attempts());
        settings.put("backoff", text(call.retry().backoff()));
        settings.put("max-backoff", text(call.retry().maxBackoff()));
        settings.put("max-hold", text(call.retry().maxHold()));
        settings.put("give-up", text(call.retry().giveUp()));
        settings.put("retry-on", texts(call.retry().retryOn().stream().sorted().toList()));
        settings.put("breaker", call.breaker());
        settings.put(
                "success",
                call.success().ranges().stream().map(RoutesHandler::text).toList());
        put(settings, "fair-by", admission.fairBy());
        settings.put("keep", text(admission.keep()));
        return settings;
    }

    private static void put(Map<String, Object> settings, String name, @Nullable Object value) {
        if (value != null) {
            settings.put(name, value);
        }
    }

    private static Object concurrency(Concurrency concurrency) {
        if (concurrency.adaptive()) {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("min", concurrency.min());
            shown.put("max", concurrency.perNode());
            return shown;
        }
        return concurrency.shared() ? Map.of("cluster", concurrency.cluster()) : concurrency.perNode();
    }

    private static @Nullable Map<String, Object> rate(@Nullable Rate rate) {
        if (rate == null) {
            return null;
        }
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put(rate.shared() ? "cluster" : "limit", rate.text());
        shown.put("burst", rate.burst());
        return shown;
    }

    private static @Nullable Map<String, Object> rateLimit(@Nullable RateLimit limit) {
        if (limit == null) {
            return null;
        }
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("by", limit.by().text());
        if (limit.limitsRequests()) {
            shown.put("limit", limit.text());
            shown.put("burst", limit.burst());
        }
        if (limit.inFlight() > 0) {
            shown.put("in-flight", limit.inFlight());
        }
        return shown;
    }

    private static String text(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }

    private static String text(DataSize size) {
        return size.equals(Route.UNLIMITED) ? "unlimited" : size.toBytes() + "B";
    }

    private static String text(StatusRanges.Range range) {
        return range.first() == range.last() ? Integer.toString(range.first()) : range.first() + "-" + range.last();
    }

    private static List<String> texts(Collection<?> values) {
        return values.stream().map(Object::toString).toList();
    }

    private static String text(Duration duration) {
        return duration.toMillisPart() != 0 ? duration.toMillis() + "ms" : duration.toSeconds() + "s";
    }
}
