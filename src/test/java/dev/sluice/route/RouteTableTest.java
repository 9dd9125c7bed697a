package dev.sluice.route;

import static dev.sluice.route.Routes.head;
import static dev.sluice.route.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.route.RouteTable.Match;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {

    private static final String BACKEND = "http://localhost:9000";

    @Test
    void theMostSpecificPatternWinsWhateverTheOrder() {
        RouteTable table =
                table(route("all", "/a/**", BACKEND), route("one", "/a/{x}", BACKEND), route("exact", "/a/b", BACKEND));

        assertThat(found(table, "GET", "/a/b")).isEqualTo("exact");
        assertThat(found(table, "GET", "/a/c")).isEqualTo("one");
        assertThat(found(table, "GET", "/a/c/d")).isEqualTo("all");
        assertThat(found(table, "GET", "/a")).isEqualTo("all");
        assertThat(match(table, "GET", "/b")).isEqualTo(new Match.None());
    }

    @Test
    void ofEquallySpecificPatternsTheFirstInTheFileWins() {
        Route b = route("b", "/a/z*", BACKEND);
        Route a = route("a", "/a/*z", BACKEND);

        assertThat(found(table(b, a), "GET", "/a/zz")).isEqualTo("b");
        assertThat(found(table(a, b), "GET", "/a/zz")).isEqualTo("a");
    }

    @Test
    void aLessSpecificRouteTakesTheMethodsThatAMoreSpecificOneLeaves() {
        RouteTable table = table(route("all", "/a/**", BACKEND), route("post", "/a/b", BACKEND, "methods=POST"));

        assertThat(found(table, "POST", "/a/b")).isEqualTo("post");
        assertThat(found(table, "GET", "/a/b")).isEqualTo("all");
    }

    @Test
    void otherMethodsAreNamed() {
        RouteTable table =
                table(route("p", "/a", BACKEND, "methods=POST,PUT"), route("d", "/{x}", BACKEND, "methods=DELETE"));

        assertThat(match(table, "GET", "/a")).isEqualTo(new Match.OtherMethods(Set.of("POST", "PUT", "DELETE")));
        assertThat(match(table, "post", "/a")).isInstanceOf(Match.OtherMethods.class);
    }

    @Test
    void aRouteWhoseConditionsAreNotMetIsNotThere() {
        RouteTable table = table(
                route("v2", "/a/b", BACKEND, "headers.X-Version=2", "methods=POST"),
                route("org", "/a/b", BACKEND, "host=a.org"),
                route("all", "/a/**", BACKEND, "host=*.org"));

        assertThat(found(table.match(head("POST", "/a/b", "a.org", "X-Version", "2"))))
                .isEqualTo("v2");
        assertThat(found(table.match(head("GET", "/a/b", "a.org", "X-Version", "2"))))
                .as("the method is that of another route")
                .isEqualTo("org");
        assertThat(found(table.match(head("POST", "/a/b", "a.org")))).isEqualTo("org");
        assertThat(found(table.match(head("POST", "/a/b", "b.org"))))
                .as("a less specific route")
                .isEqualTo("all");
        assertThat(table.match(head("POST", "/a/b", "a.com"))).isEqualTo(new Match.None());
        assertThat(table.match(head("GET", "/a/b", "a.com", "X-Version", "2")))
                .isEqualTo(new Match.OtherMethods(Set.of("POST")));
        assertThat(table.match(head("GET", "/a/b", "a.com", "X-Version", "1"))).isEqualTo(new Match.None());
    }

    @Test
    void conditionsMakeARouteNoMoreSpecific() {
        Route any = route("any", "/a/b", BACKEND);
        Route conditional = route("conditional", "/a/*", BACKEND, "host=a.org");
        Route first = route("first", "/a/b", BACKEND, "host=a.org");

        assertThat(found(table(conditional, any).match(head("GET", "/a/b", "a.org"))))
                .isEqualTo("any");
        assertThat(found(table(first, any).match(head("GET", "/a/b", "a.org")))).isEqualTo("first");
        assertThat(found(table(any, first).match(head("GET", "/a/b", "a.org")))).isEqualTo("any");
    }

    @ParameterizedTest
    @CsvSource({
        "/reports, /Reports, false",
        "/reports, /report%73, false",
        "/reports, /reports;a=1, false",
        "/reports, /reports/, false",
        "/reports/**, /reports/a%2Fb//c;x=1/..%2e, true",
        "/reports/*, /reports/a%2Fb, true",
        "/reports/*, /reports/a/b, false",
        "/b%C3%A4r/**, /b%C3%A4r/x, true",
        "/reports/{id:[0-9]+}, /reports/12, true",
        "/reports/{id:[0-9]+}, /reports/1a, false",
    })
    void aPatternMatchesThePathAsSent(String pattern, String path, boolean matches) {
        RouteTable table = table(route("r", pattern, BACKEND));

        assertThat(match(table, "GET", path) instanceof Match.Found).isEqualTo(matches);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/jobs",
                "/jobs/**",
                "/jobs/{id}",
                "/jobs/x/y",
                "/{any}/x",
                "/*",
                "/j*",
                "/**",
                "/**/x",
                "/{*rest}"
            })
    void routesOverTheJobsPathAreRefused(String pattern) {
        assertThatThrownBy(() -> table(route("r", pattern, BACKEND)).requireApartFrom("/jobs", "jobs"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("sluice.routes.r.path is '" + pattern + "'")
                .hasMessageContaining("/jobs");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/job", "/jobsx/**", "/Jobs/**", "/a/jobs/**", "/{id:[0-9]+}/**", "/"})
    void routesBesideTheJobsPathAreTaken(String pattern) {
        assertThatCode(() -> table(route("r", pattern, BACKEND)).requireApartFrom("/jobs", "jobs"))
                .doesNotThrowAnyException();
    }

    @Test
    void aDeeperJobsPathLeavesItsParentToRoutes() {
        assertThatCode(() -> table(route("r", "/api", BACKEND), route("s", "/api/other/**", BACKEND))
                        .requireApartFrom("/api/jobs", "jobs"))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> table(route("r", "/api/**", BACKEND)).requireApartFrom("/api/jobs", "jobs"))
                .isInstanceOf(ConfigurationException.class);
    }

    private static RouteTable table(Route... routes) {
        return new RouteTable(List.of(routes));
    }

    private static String found(RouteTable table, String method, String path) {
        return found(match(table, method, path));
    }

    private static String found(Match match) {
        return ((Match.Found) match).route().id();
    }

    private static Match match(RouteTable table, String method, String path) {
        return table.match(head(method, path, null));
    }
}
