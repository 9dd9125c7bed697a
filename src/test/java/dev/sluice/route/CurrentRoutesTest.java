package dev.sluice.route;

import static dev.sluice.route.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CurrentRoutesTest {

    private static final String BACKEND = "http://localhost:1";

    private final CurrentRoutes routes =
            Routes.current(route("a", "/a", BACKEND), route("b", "/b", BACKEND), route("c", "/c", BACKEND));

    private static RouteTable table(Route... routes) {
        return new RouteTable(List.of(routes));
    }

    private static List<String> ids(List<Route> routes) {
        return routes.stream().map(Route::id).toList();
    }

    @Test
    void whoeverFollowsIsToldOfAllRoutesAndThenOfChanges() {
        List<RouteChange> told = new ArrayList<>();
        routes.follow(told::add);
        assertThat(ids(told.get(0).added())).containsExactly("a", "b", "c");

        RouteChange change = routes.replace(
                table(route("d", "/d", BACKEND), route("c", "/c", BACKEND, "timeout=1s"), route("a", "/a", BACKEND)));
        assertThat(told).hasSize(2).last().isEqualTo(change);
        assertThat(ids(change.added())).containsExactly("d");
        assertThat(ids(change.changed())).containsExactly("c");
        assertThat(ids(change.removed())).containsExactly("b");
        assertThat(routes.byId("b")).isEmpty();
        assertThat(routes.byId("c")).contains(change.changed().get(0));
    }

    @Test
    void aTableThatDoesNotMeetARequirementChangesNothing() {
        List<RouteChange> told = new ArrayList<>();
        routes.follow(told::add);
        routes.require(table -> table.requireApartFrom("/jobs", "jobs"));
        RouteTable before = routes.table();
        assertThatThrownBy(() -> routes.replace(table(route("a", "/a", BACKEND), route("j", "/jobs/**", BACKEND))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("sluice.routes.j.path");
        assertThat(routes.table()).isSameAs(before);
        assertThat(told).hasSize(1);
    }

    @Test
    void aRequirementIsCheckedAtOnceAsWell() {
        assertThatThrownBy(() -> routes.require(table -> table.requireApartFrom("/a", "jobs")))
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void oneWhoFailsKeepsNoOtherFromFollowing() {
        List<String> told = new ArrayList<>();
        boolean[] fail = {false};
        routes.follow(change -> {
            if (fail[0]) {
                throw new IllegalStateException("a follower with a mistake");
            }
        });
        routes.follow(change -> told.addAll(ids(change.added())));
        fail[0] = true;
        routes.replace(table(route("z", "/z", BACKEND)));
        assertThat(told).endsWith("z");
    }

    @Test
    void readingTheSameSettingsAgainChangesNothing() {
        RouteTable again = table(full("timeout=2s"));
        routes.replace(table(full("timeout=2s")));
        assertThat(routes.replace(again)).isEqualTo(new RouteChange(List.of(), List.of(), List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "headers.X-V=w.*",
                "host=example.com",
                "methods=PUT",
                "backend=http://localhost:2",
                "concurrency=3",
                "rate-limit.limit=6/m",
                "tls=other",
                "success=2xx",
                "retry-on=500",
                "add-request-headers.X=2",
                "idempotency-scope=route",
                "max-request=2MB",
                "consumes=text/plain"
            })
    void everySettingThatDiffersIsAChange(String setting) {
        routes.replace(table(full("timeout=2s")));
        assertThat(ids(routes.replace(table(full(setting))).changed())).containsExactly("r");
    }

    /** A route with settings of all kinds. */
    private static Route full(String setting) {
        return route(
                "r",
                "/r/{x}/**",
                "https://localhost",
                "headers.X-V=v.*",
                "host=example.org",
                "rate-limit.limit=5/m",
                "rate-limit.by=header:X",
                "success=2xx,304",
                "add-request-headers.X=1",
                "consumes=application/json",
                setting);
    }
}
