package dev.sluice.loadtest.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.loadtest.load.Event;
import dev.sluice.loadtest.load.Piece;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputAuditTest {

    private static final int BYTES = 60;

    private final OutputAudit audit = new OutputAudit();
    private final OutputAudit.Reader reader = audit.reader(4);
    private final List<Long> due = new ArrayList<>();

    private static String pieces(int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            byte[] piece = Piece.of(i, i % 2 == 0 ? 1_000L + i : -1_000L - i, BYTES);
            assertThat(piece).hasSize(BYTES);
            text.append(new String(piece, StandardCharsets.US_ASCII));
        }
        return text.toString();
    }

    private void saw(long offset, String text) {
        reader.saw(event(offset, text), due::add);
    }

    private static Event event(long offset, String text) {
        String escaped = text.replace("\n", offset == 0 ? "\\n" : "\\u000a");
        return new Event(
                "1",
                "output",
                "{\"job\":\"x\",\"seq\":1,\"text\":\"" + escaped + "\",\"attempt\":1,\"offset\":" + offset + "}",
                0);
    }

    private List<String> broken() {
        reader.over();
        Accounts accounts = new Accounts();
        audit.settle(accounts);
        return accounts.lines().stream()
                .filter(line -> !line.good())
                .map(line -> line.name() + " " + line.value())
                .toList();
    }

    @Test
    void takesPiecesJoinedAndCut() {
        saw(0, pieces(0, 1));
        String rest = pieces(1, 4);
        saw(BYTES, rest.substring(0, 70));
        saw(BYTES + 70, rest.substring(70));

        assertThat(reader.seen()).isEqualTo(4);
        assertThat(due).containsExactly(1_000L, -1_001L, 1_002L, -1_003L);
        assertThat(broken()).isEmpty();
    }

    @Test
    void readsWhatSeveralReadersAreGivenForEachOfThem() {
        OutputAudit.Reader late = audit.reader(4);
        Event first = event(0, pieces(0, 2));
        Event second = event(2 * BYTES, pieces(2, 4));

        reader.saw(first, due::add);
        late.saw(second, due::add);
        reader.saw(second, due::add);

        assertThat(reader.seen()).isEqualTo(4);
        assertThat(due).containsExactly(1_000L, -1_001L, 1_002L, -1_003L, 1_002L, -1_003L);
        assertThat(broken())
                .containsExactly(
                        "pieces missing 2", "events of output that do not begin where the one before has ended 1");
    }

    @Test
    void findsWhatIsMissingInTheMiddle() {
        saw(0, pieces(0, 1));
        saw(3 * BYTES, pieces(3, 4));

        assertThat(broken())
                .containsExactly(
                        "pieces missing 2", "events of output that do not begin where the one before has ended 1");
    }

    @Test
    void findsWhatIsMissingAtTheEnd() {
        saw(0, pieces(0, 3));

        assertThat(broken()).containsExactly("pieces missing 1");
    }

    @Test
    void findsWhatIsRepeated() {
        saw(0, pieces(0, 2));
        saw(BYTES, pieces(1, 4));

        assertThat(broken())
                .containsExactly(
                        "pieces repeated or out of order 1",
                        "events of output that do not begin where the one before has ended 1");
    }

    @Test
    void findsWhatIsNoText() {
        reader.saw(new Event("1", "output", "{\"base64\":\"AA==\",\"attempt\":1,\"offset\":0}", 0), due::add);

        assertThat(broken()).contains("events of output that cannot be read 1", "pieces missing 4");
    }

    @Test
    void readsWhateverMayStandInAString() {
        assertThat(OutputText.text(
                        "{\"text\":\"a\\\"b\\\\c\\/\\t\\u00e9\\\"offset\\\":7\",\"attempt\":1,\"offset\":12}"))
                .isEqualTo("a\"b\\c/\té\"offset\":7");
        assertThat(OutputText.offset("{\"text\":\"\\\"offset\\\":7\",\"attempt\":1,\"offset\":12}"))
                .isEqualTo(12);
    }
}
