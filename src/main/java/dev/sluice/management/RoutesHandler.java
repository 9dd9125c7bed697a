package dev.sluice.management;

import dev.sluice.journal.Backlog.RouteBacklog;
import dev.sluice.journal.JobReader;
import dev.sluice.representation.JsonWriter;
import dev.sluice.route.AdmissionPolicy;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Concurrency;
import dev.sluice.route.MatchRule;
import dev.sluice.route.RateLimit;
import dev.sluice.route.Route;
import dev.sluice.route.RouteTable;
import dev.sluice.route.StatusRanges;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.util.unit.DataSize;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Shows the routes: how they are set and how they stand. */
final class RoutesHandler {

    private final RouteTable routes;
    private final JobReader journal;
    private final Rates rates;
    private final Clock clock;

    RoutesHandler(RouteTable routes, JobReader journal, Rates rates, Clock clock) {
        this.routes = routes;
        this.journal = journal;
        this.rates = rates;
        this.clock = clock;
    }

    Mono<ServerResponse> list(ServerRequest request) {
        JsonWriter json = new JsonWriter().begin().list("routes");
        Map<String, Rates.Rate> now = rates.now();
        for (Route route : routes.all()) {
            json.element(route(route, now.getOrDefault(route.id(), new Rates.Rate(0, 0, 0))));
        }
        return ServerResponse.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .bodyValue(json.endList().end().bytes());
    }

    private byte[] route(Route route, Rates.Rate rate) {
        RouteBacklog backlog = journal.backlog().of(route.id());
        JsonWriter json = new JsonWriter()
                .begin()
                .member("id", route.id())
                .member("path", route.match().path().getPatternString())
                .member("mode", text(route.admission().mode()))
                .member("backend", route.call().target().uri().toString())
                .member("depth", backlog.depth())
                .member("delayed", backlog.delayed())
                .member("running", backlog.running());
        if (backlog.oldest() != null) {
            Duration age = Duration.between(backlog.oldest(), clock.instant());
            json.member("oldest", backlog.oldest()).member("oldestAge", Math.max(0, age.toSeconds()));
        }
        json.member("limit", route.call().concurrency().limit())
                .member("limitPer", route.call().concurrency().shared() ? "cluster" : "node")
                .begin("rates")
                .member("accepted", rate.accepted())
                .member("attempts", rate.attempts())
                .member("finished", rate.finished())
                .end()
                .begin("settings");
        settings(json, route);
        return json.end().end().bytes();
    }

    /** Under their names in the configuration and in its spelling. What a backend is sent in fields is never shown. */
    private static void settings(JsonWriter json, Route route) {
        MatchRule match = route.match();
        AdmissionPolicy admission = route.admission();
        CallPolicy call = route.call();
        texts(json, "methods", match.methods());
        if (match.conditions().host() != null) {
            json.member("host", match.conditions().host());
        }
        texts(json, "headers", match.conditions().headers().keySet());
        json.member("wait", text(admission.defaultWait()))
                .member("when-finished", text(admission.whenFinished()))
                .member("strip-prefix", call.target().stripPrefix());
        texts(json, "add-request-headers", call.headerRules().addRequest().keySet());
        texts(json, "drop-request-headers", call.headerRules().dropRequest());
        texts(json, "drop-response-headers", call.headerRules().dropResponse());
        texts(json, "credentials", admission.credentials());
        texts(json, "consumes", match.consumes());
        json.member("max-request", text(admission.maxRequest()))
                .member("max-response", text(call.maxResponse()))
                .member("max-response-header", text(call.connections().maxHeader()))
                .member("idempotency", text(admission.idempotency()))
                .member("idempotency-scope", admission.keyScope().text())
                .member("priority", admission.priority());
        concurrency(json, call.concurrency());
        json.member("queue", admission.queue());
        if (admission.rateLimit() != null) {
            rateLimit(json, admission.rateLimit());
        }
        json.member("connect-timeout", text(call.timeouts().connect()))
                .member("idle-connection", text(call.connections().idle()))
                .member("connection-life", text(call.connections().life()));
        if (call.connections().tls() != null) {
            json.member("tls", call.connections().tls());
        }
        json.member("timeout", text(call.timeouts().attempt()))
                .member("idle-timeout", text(call.timeouts().idle()))
                .member("stream", text(call.streaming()))
                .member("attempts", call.retry().attempts())
                .member("backoff", text(call.retry().backoff()))
                .member("max-backoff", text(call.retry().maxBackoff()));
        texts(json, "retry-on", call.retry().retryOn().stream().sorted().toList());
        texts(
                json,
                "success",
                call.success().ranges().stream().map(RoutesHandler::text).toList());
        json.member("keep", text(admission.keep()));
    }

    private static void concurrency(JsonWriter json, Concurrency concurrency) {
        if (concurrency.shared()) {
            json.begin("concurrency").member("cluster", concurrency.cluster()).end();
        } else {
            json.member("concurrency", concurrency.perNode());
        }
    }

    private static void rateLimit(JsonWriter json, RateLimit limit) {
        json.begin("rate-limit")
                .member("by", limit.by().text())
                .member("limit", limit.limit() + "/" + unit(limit.window()))
                .member("burst", limit.burst())
                .end();
    }

    private static String unit(Duration window) {
        return window.toDays() > 0 ? "d" : window.toHours() > 0 ? "h" : window.toMinutes() > 0 ? "m" : "s";
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

    private static void texts(JsonWriter json, String name, Collection<?> values) {
        json.list(name);
        values.forEach(value -> json.element(value.toString()));
        json.endList();
    }

    private static String text(Duration duration) {
        return duration.toMillisPart() != 0 ? duration.toMillis() + "ms" : duration.toSeconds() + "s";
    }
}
