package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import java.time.Duration;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseUrlTest {

    private static DatabaseUrl of(String url) {
        return DatabaseUrl.of(
                new JournalProperties.Postgres(url, "who", "secret", "sluice", 10, Duration.ofSeconds(5)));
    }

    @Test
    void oneHost() {
        DatabaseUrl url = of("r2dbc:postgresql://db.example:5433/jobs");
        assertThat(url.hosts()).containsExactly("db.example:5433");
        assertThat(url.jdbc("db.example:5433")).isEqualTo("jdbc:postgresql://db.example:5433/jobs");
        assertThat(url.settings()).containsEntry("user", "who").containsEntry("password", "secret");
        assertThat(url.settings()).doesNotContainKey("targetServerType");
        assertThat(url.toString())
                .isEqualTo("postgresql://db.example:5433/jobs")
                .doesNotContain("secret");
    }

    @Test
    void ofSeveralTheOneThatCanBeWrittenTo() {
        DatabaseUrl url = of("r2dbc:postgresql:failover://one.example:5433,[::1],two.example:5434/jobs");
        assertThat(url.hosts()).containsExactly("one.example:5433", "[::1]", "two.example:5434");
        assertThat(url.settings()).containsEntry("targetServerType", "primary");
        assertThat(of("r2dbc:postgresql:failover://one,two/jobs?targetServerType=PREFER_SECONDARY")
                        .settings())
                .containsEntry("targetServerType", "preferSecondary");
    }

    @ParameterizedTest
    @CsvSource({
        "'', disable",
        "?sslMode=verify-full, verify-full",
        "?sslMode=VERIFY_CA, verify-ca",
        "?ssl=true, require",
        "?ssl=true&sslMode=prefer, prefer",
        "?sslMode=tunnel, require"
    })
    void isEncryptedAsTheUrlSays(String options, String mode) {
        assertThat(of("r2dbc:postgresql://db.example/jobs" + options).settings())
                .containsEntry("sslmode", mode);
        assertThat(of("r2dbcs:postgresql://db.example/jobs").settings()).containsEntry("sslmode", "require");
    }

    @Test
    void whoItIsMayBeInTheUrl() {
        String url = "r2dbc:postgresql://a%40b:p%3Aw+1@db.example/jobs?sslRootCert=/etc/ca.pem&sslPassword=x%26y";
        DatabaseUrl own =
                DatabaseUrl.of(new JournalProperties.Postgres(url, null, null, "sluice", 10, Duration.ofSeconds(5)));
        assertThat(own.hosts()).containsExactly("db.example");
        assertThat(own.settings())
                .containsEntry("user", "a@b")
                .containsEntry("password", "p:w+1")
                .containsEntry("sslrootcert", "/etc/ca.pem")
                .containsEntry("sslpassword", "x&y");
        assertThat(of(url).settings()).containsEntry("user", "who");
    }

    @Test
    void limitsAreExactForTheWholeAndRoundedUpForItsParts() {
        Properties within = of("r2dbc:postgresql://db.example/jobs").within(Duration.ofMillis(1234));
        assertThat(within)
                .containsEntry("loginTimeout", "1.234")
                .containsEntry("connectTimeout", "2")
                .containsEntry("socketTimeout", "2");
    }

    @ParameterizedTest
    @CsvSource({
        "' ', is missing",
        "jdbc:postgresql://db.example/jobs, cannot be used",
        "r2dbc:mariadb://db.example/jobs, not for PostgreSQL",
        "r2dbc:postgresql://db.example, names no host or no database",
        "r2dbc:postgresql://db.example/jobs?sslHostnameVerifier=none, option sslhostnameverifier is not known"
    })
    void whatIsWrongIsSaidTogetherWithWhatIsExpected(String url, String why) {
        assertThatThrownBy(() -> of(url))
                .isInstanceOf(JournalUnavailableException.class)
                .hasMessageContaining("sluice.journal.postgres.url")
                .hasMessageContaining(why)
                .hasMessageContaining("r2dbc:postgresql://host:port/database");
    }
}
