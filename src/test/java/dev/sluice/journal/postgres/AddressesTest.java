package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Option;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressesTest {

    private static Addresses of(String url) {
        return Addresses.of(new JournalProperties.Postgres(url, "who", "secret", "sluice", 10, Duration.ofSeconds(5)));
    }

    @Test
    void oneAddress() {
        Addresses addresses = of("r2dbc:postgresql://db.example:5433/jobs");
        assertThat(addresses.jdbc()).isEqualTo("jdbc:postgresql://db.example:5433/jobs?ApplicationName=sluice");
        assertThat(addresses.r2dbc()).hasSize(1);
        assertThat(addresses.r2dbc().get(0).getValue(ConnectionFactoryOptions.USER))
                .isEqualTo("who");
        assertThat(addresses.toString()).doesNotContain("secret");
    }

    @Test
    void ofSeveralTheOneThatCanBeWrittenTo() {
        Addresses addresses = of("r2dbc:postgresql:failover://one.example:5433,two.example:5434/jobs");
        assertThat(addresses.jdbc())
                .startsWith("jdbc:postgresql://one.example:5433,two.example:5434/jobs?")
                .contains("targetServerType=primary");
        assertThat(addresses.r2dbc())
                .extracting(one -> one.getValue(ConnectionFactoryOptions.HOST))
                .containsExactly("one.example:5433", "two.example:5434");
        assertThat(addresses.r2dbc())
                .extracting(one -> one.getValue(Option.valueOf("targetServerType")))
                .containsOnly("PRIMARY");
    }

    @ParameterizedTest
    @CsvSource({"?sslMode=verify-full, sslmode=verify-full", "?ssl=true, sslmode=require"})
    void bothDriversEncryptAlike(String setting, String jdbc) {
        assertThat(of("r2dbc:postgresql://db.example/jobs" + setting).jdbc()).contains("&" + jdbc);
    }

    @ParameterizedTest
    @CsvSource({
        "' ', is missing",
        "jdbc:postgresql://db.example/jobs, cannot be used",
        "r2dbc:mariadb://db.example/jobs, not for PostgreSQL",
        "r2dbc:postgresql://db.example, names no host or no database"
    })
    void whatIsWrongIsSaidTogetherWithWhatIsExpected(String url, String why) {
        assertThatThrownBy(() -> of(url))
                .isInstanceOf(JournalUnavailableException.class)
                .hasMessageContaining("sluice.journal.postgres.url")
                .hasMessageContaining(why)
                .hasMessageContaining("r2dbc:postgresql://host:port/database");
    }
}
