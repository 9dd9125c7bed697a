package dev.sluice.route;

import static dev.sluice.route.Routes.head;
import static dev.sluice.route.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionsTest {

    @ParameterizedTest
    @CsvSource({
        "example.org, example.org, true",
        "example.org, EXAMPLE.org:8080, true",
        "Example.ORG, example.org, true",
        "example.org, example.org., true",
        "example.org, example.org.:80, true",
        "example.org, www.example.org, false",
        "example.org, example.org.evil.com, false",
        "example.org, notexample.org, false",
        "example.org, '', false",
        "example.org, ':80', false",
        "example.org, , false",
        "*.example.org, www.example.org, true",
        "*.example.org, a.b.Example.org:1, true",
        "*.example.org, example.org, false",
        "*.example.org, .example.org, false",
        "*.example.org, notexample.org, false",
        "*.example.org, www.example.org.evil.com, false",
        "'[::1]', '[::1]:80', true",
        "'[::1]', '[::1]', true",
        "'[::1]', '[::2]', false",
        "127.0.0.1, 127.0.0.1:80, true",
    })
    void theHostIsComparedWithoutPortAndCase(String wanted, String sent, boolean met) {
        Conditions conditions = conditions("host=" + wanted);
        assertThat(conditions.metBy(head("GET", "/r", sent))).isEqualTo(met);
    }

    @Test
    void oneValueOfAFieldMustMatchAsAWhole() {
        Conditions conditions = conditions("headers.X-Version=v[12]");
        assertThat(conditions.metBy(head("GET", "/r", null, "x-version", "v2"))).isTrue();
        assertThat(conditions.metBy(head("GET", "/r", null, "X-Version", "v9", "X-VERSION", "v1")))
                .isTrue();
        assertThat(conditions.metBy(head("GET", "/r", null, "X-Version", "v12")))
                .isFalse();
        assertThat(conditions.metBy(head("GET", "/r", null, "X-Version", "V1"))).isFalse();
        assertThat(conditions.metBy(head("GET", "/r", null, "X-Other", "v1"))).isFalse();
    }

    @Test
    void allConditionsMustBeMet() {
        Conditions conditions = conditions("host=a.org", "headers.A=1", "headers.B=.*");
        assertThat(conditions.metBy(head("GET", "/r", "a.org", "A", "1", "B", "")))
                .isTrue();
        assertThat(conditions.metBy(head("GET", "/r", "b.org", "A", "1", "B", "")))
                .isFalse();
        assertThat(conditions.metBy(head("GET", "/r", "a.org", "A", "2", "B", "")))
                .isFalse();
        assertThat(conditions.metBy(head("GET", "/r", "a.org", "A", "1"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"(a+)+b", "(a|aa)*b", "(.*a){20}b", "(a|b|ab)*c"})
    @Timeout(10)
    void anExpressionThatWouldTakeYearsIsNotMet(String expression) {
        String value = "a".repeat(16_000);
        assertThat(conditions("headers.X=" + expression).metBy(head("GET", "/r", null, "X", value)))
                .isFalse();
    }

    @Test
    @Timeout(10)
    void manyValuesTakeNoLongerThanOne() {
        String[] fields = new String[2 * 20_000]; // 200,000 looks for each would be a minute
        for (int i = 0; i < fields.length; i += 2) {
            fields[i] = "X";
            fields[i + 1] = "a".repeat(30);
        }
        assertThat(conditions("headers.X=(a+)+b").metBy(head("GET", "/r", null, fields)))
                .isFalse();
    }

    @Test
    void aLongValueOverflowsNoStack() throws Exception {
        Conditions conditions = conditions("headers.X=(a|b)*");
        RouteTable.RequestHead head = head("GET", "/r", null, "X", "ab".repeat(8_000));
        Thread small = new Thread(null, () -> conditions.metBy(head), "small", 256 * 1024);
        Throwable[] failed = new Throwable[1];
        small.setUncaughtExceptionHandler((thread, error) -> failed[0] = error);
        small.start();
        small.join(10_000);
        assertThat(small.isAlive()).isFalse();
        assertThat(failed[0]).isNull();
    }

    @Test
    void anOrdinaryExpressionTakesTheLongestValue() {
        String token = "Bearer " + "x".repeat(16_000);
        assertThat(conditions("headers.Authorization=Bearer .+").metBy(head("GET", "/r", null, "Authorization", token)))
                .isTrue();
        assertThat(conditions("headers.Authorization=(?i)bearer [\\w.-]+")
                        .metBy(head("GET", "/r", null, "Authorization", token)))
                .isTrue();
    }

    private static Conditions conditions(String... settings) {
        return route("r", "/r", "http://localhost", settings).match().conditions();
    }
}
