package dev.sluice.callbacks;

import dev.sluice.route.AdmissionPolicy;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.CallTarget;
import dev.sluice.route.Concurrency;
import dev.sluice.route.Conditions;
import dev.sluice.route.Connections;
import dev.sluice.route.HeaderRules;
import dev.sluice.route.InternalRoute;
import dev.sluice.route.KeyScope;
import dev.sluice.route.MatchRule;
import dev.sluice.route.RetryPolicy;
import dev.sluice.route.Route;
import dev.sluice.route.StatusRanges;
import dev.sluice.route.Timeouts;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.springframework.util.unit.DataSize;
import org.springframework.web.util.pattern.PathPatternParser;

/** The route of deliveries: which answer means what, and when a delivery is tried again. */
final class DeliveryRoute {

    /** Receivers that hang hold some of these places until their calls time out. */
    private static final int AT_ONCE = 512;

    /** How long a connection is kept for the next delivery, if there is one soon. */
    private static final Duration UNUSED = Duration.ofSeconds(2);

    private static final Duration CALL = Duration.ofSeconds(15);
    private static final int GONE = 410;

    /** More tries than there are in {@link #FOR_SO_LONG}, which bounds them. */
    private static final int TRIES = 200;

    private static final Duration FOR_SO_LONG = Duration.ofDays(1);

    private DeliveryRoute() {}

    static InternalRoute of(CallbackProperties properties) {
        MatchRule none = new MatchRule(
                PathPatternParser.defaultInstance.parse("/" + Route.CALLBACKS), Set.of(), Conditions.NONE, List.of());
        AdmissionPolicy admission = new AdmissionPolicy(
                AdmissionPolicy.Mode.ASYNC,
                Duration.ZERO,
                AdmissionPolicy.WhenFinished.STATUS,
                DataSize.ofKilobytes(32),
                AdmissionPolicy.Idempotency.OFF,
                new KeyScope.Caller(),
                false,
                Set.of(),
                Integer.MAX_VALUE,
                null,
                null,
                FOR_SO_LONG);
        return new InternalRoute(new Route(Route.CALLBACKS, none, admission, call(properties)));
    }

    private static CallPolicy call(CallbackProperties properties) {
        return new CallPolicy(
                Route.CALLBACKS,
                CallTarget.serverOf(URI.create("https://callbacks.invalid")), // each delivery has its own
                HeaderRules.NONE,
                Concurrency.perNode(AT_ONCE),
                null,
                new Connections(
                        AT_ONCE,
                        UNUSED,
                        Duration.ofMinutes(1),
                        DataSize.ofKilobytes(64),
                        properties.bundle(),
                        !properties.allowPrivateAddresses()),
                new Timeouts(Duration.ofSeconds(5), CALL, CALL),
                Route.UNLIMITED, // its begin is kept, and the rest is not read
                CallPolicy.Streaming.FALSE,
                StatusRanges.parse(List.of("2xx")),
                new RetryPolicy(
                        TRIES,
                        Duration.ofSeconds(5),
                        Duration.ofHours(1),
                        IntStream.range(300, 600)
                                .filter(status -> status != GONE)
                                .boxed()
                                .collect(Collectors.toUnmodifiableSet()),
                        Duration.ofHours(12),
                        FOR_SO_LONG),
                false,
                CallPolicy.Following.NONE);
    }
}
