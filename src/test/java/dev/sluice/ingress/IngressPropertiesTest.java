package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.route.ConfigurationException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

class IngressPropertiesTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner().withUserConfiguration(Keys.class);

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(IngressProperties.class)
    static class Keys {}

    @Test
    void haveTheDocumentedDefaults() {
        runner.run(context -> {
            IngressProperties properties = context.getBean(IngressProperties.class);
            assertThat(properties.jobsPath()).isEqualTo("/jobs");
            assertThat(properties.groupsPath()).isEqualTo("/groups");
            assertThat(properties.maxWait()).isEqualTo(Duration.ofSeconds(60));
            assertThat(properties.clientHeader()).isNull();
            assertThat(properties.callerField()).isEqualTo("Authorization");
            assertThat(properties.trustedProxies()).isEmpty();
            assertThat(properties.cors().allowedOrigins()).isEmpty();
        });
    }

    @Test
    void takeEveryKey() {
        runner.withPropertyValues(
                        "sluice.ingress.jobs-path=/api/jobs",
                        "sluice.ingress.groups-path=/api/groups",
                        "sluice.ingress.max-wait=5m",
                        "sluice.ingress.max-reads=100",
                        "sluice.ingress.max-long-polls=200",
                        "sluice.ingress.max-streams=300",
                        "sluice.ingress.client-header=X-Api-Key",
                        "sluice.ingress.trusted-proxies=10.0.0.0/8, fd00::/8",
                        "sluice.ingress.cors.allowed-origins[0]=https://app.example",
                        "sluice.ingress.cors.allowed-origins[1]=http://localhost:3000")
                .run(context -> {
                    IngressProperties properties = context.getBean(IngressProperties.class);
                    assertThat(properties.jobsPath()).isEqualTo("/api/jobs");
                    assertThat(properties.groupsPath()).isEqualTo("/api/groups");
                    assertThat(properties.maxWait()).isEqualTo(Duration.ofMinutes(5));
                    assertThat(properties.maxReads()).isEqualTo(100);
                    assertThat(properties.maxLongPolls()).isEqualTo(200);
                    assertThat(properties.maxStreams()).isEqualTo(300);
                    assertThat(properties.callerField()).isEqualTo("X-Api-Key");
                    assertThat(properties.trustedProxies()).containsExactly("10.0.0.0/8", "fd00::/8");
                    assertThat(properties.cors().allowedOrigins())
                            .containsExactly("https://app.example", "http://localhost:3000");
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"1s", "1h"})
    void waitsFromASecondToAnHour(String wait) {
        runner.withPropertyValues("sluice.ingress.max-wait=" + wait)
                .run(context -> assertThat(context).hasNotFailed());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            jobs-path            | jobs/                | a path such as /jobs or /api/jobs
            groups-path          | groups               | a path such as /groups or /api/groups
            groups-path          | /jobs                | another path than that of jobs
            groups-path          | /jobs/groups         | another path than that of jobs
            max-reads            | 0                    | 1 or more
            max-long-polls       | 0                    | 1 or more
            max-streams          | -1                   | 1 or more
            client-header        | a b                  | the name of a header field
            max-wait             | 999ms                | between 1s and 1h
            max-wait             | 3601s                | between 1s and 1h
            max-wait             | -5s                  | between 1s and 1h
            trusted-proxies      | proxy.example        | IP addresses or ranges of them
            trusted-proxies      | 10.0.0.0/33          | IP addresses or ranges of them
            cors.allowed-origins | https://app.example/ | *, or origins as browsers send them
            """)
    void stopTheStartWhenWrong(String key, String value, String expected) {
        runner.withPropertyValues("sluice.ingress." + key + "=" + value)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOfSatisfying(ConfigurationException.class, wrong -> {
                            assertThat(wrong.key()).isEqualTo("sluice.ingress." + key);
                            assertThat(wrong.value()).isNotEmpty();
                            assertThat(wrong.expected()).startsWith(expected);
                        }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"max-wait=soon", "cors.allow-origins=*", "cors=*", "trusted-proxy=10.0.0.1"})
    void stopTheStartWhenOfAnotherFormOrUnknown(String setting) {
        runner.withPropertyValues("sluice.ingress." + setting)
                .run(context -> assertThat(context).hasFailed());
    }
}
