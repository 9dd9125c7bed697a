package dev.sluice.journal.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultsTest {

    private static SQLException of(String state) {
        return new SQLException("planted", state);
    }

    @ParameterizedTest
    @CsvSource({
        "40001, CLASH, false, false",
        "40P01, CLASH, false, false",
        "08006, UNKNOWN, true, false",
        "57P01, UNKNOWN, true, false",
        "57014, REFUSED, false, false",
        "25006, REFUSED, true, true",
        "53100, REFUSED, false, true",
        "53300, REFUSED, false, false",
        "28P01, REFUSED, false, false",
        "42P01, REFUSED, false, false",
        "55P03, REFUSED, false, false",
        "23505, MISTAKE, false, false",
        "22P02, MISTAKE, false, false"
    })
    void aStateSaysWhatWasDoneAndWhetherTheConnectionIsOfUse(
            String state, Faults.Kind kind, boolean lost, boolean reads) {
        assertThat(Faults.kind(of(state))).isEqualTo(kind);
        assertThat(Faults.connectionIsLost(of(state))).isEqualTo(lost);
        assertThat(Faults.readsGoOn(of(state))).isEqualTo(reads);
    }

    @Test
    void whatIsWrappedCounts() {
        assertThat(Faults.kind(new DatabaseException(of("08006")))).isEqualTo(Faults.Kind.UNKNOWN);
        SQLException refused = new SQLException("Connection refused: one", "08001", new IOException("refused"));
        refused.addSuppressed(new SQLException("Connection refused: two", "08001"));
        JournalUnavailableException told = new JournalUnavailableException(Faults.words(refused), refused);
        assertThat(Faults.kind(told)).isEqualTo(Faults.Kind.REFUSED);
        assertThat(Faults.words(refused)).isEqualTo("no connection to the database: Connection refused: one");
        assertThat(Faults.kind(new IllegalStateException("ours"))).isEqualTo(Faults.Kind.MISTAKE);
    }

    @Test
    void oneBrokenConnectionIsNotTheDatabase() {
        assertThat(Faults.isOfOneConnection(of("08006"))).isTrue();
        assertThat(Faults.isOfOneConnection(new IOException("reset"))).isTrue();
        assertThat(Faults.isOfOneConnection(new TimeoutException())).isFalse();
        assertThat(Faults.isOfOneConnection(new SQLException("late", "08006", new SocketTimeoutException())))
                .isFalse();
        assertThat(Faults.isOfOneConnection(of("57P01"))).isFalse();
        assertThat(Faults.isOfOneConnection(new JournalUnavailableException("no connection", null)))
                .isFalse();
    }

    @Test
    void anOperatorIsToldInWords() {
        assertThat(Faults.words(of("53100"))).isEqualTo("the disk of the database is full");
        assertThat(Faults.words(of("53300"))).isEqualTo("the database takes no more connections");
        assertThat(Faults.words(of("25006"))).contains("read only");
        assertThat(Faults.words(of("57P01"))).contains("being stopped");
        assertThat(Faults.words(of("28P01"))).contains("sluice.journal.postgres.username");
        assertThat(Faults.words(of("08006"))).isEqualTo("no connection to the database: planted");
        assertThat(Faults.words(new TimeoutException())).isEqualTo("the database did not answer in time");
        assertThat(Faults.words(new SQLException("late", "08006", new SocketTimeoutException())))
                .isEqualTo("the database did not answer in time");
    }
}
