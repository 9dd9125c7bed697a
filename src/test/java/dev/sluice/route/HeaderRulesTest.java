package dev.sluice.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeaderRulesTest {

    @Test
    void namesAreDroppedWhateverTheirCase() {
        HeaderRules rules = new HeaderRules(Map.of(), Set.of("cookie"), Set.of("server"));
        assertThat(rules.dropsRequest("Cookie")).isTrue();
        assertThat(rules.dropsRequest("COOKIE")).isTrue();
        assertThat(rules.dropsRequest("Server")).isFalse();
        assertThat(rules.dropsResponse("Server")).isTrue();
        assertThat(rules.dropsResponse("Cookie")).isFalse();
        assertThat(HeaderRules.NONE.dropsRequest("Cookie")).isFalse();
        assertThat(HeaderRules.NONE.dropsResponse("Server")).isFalse();
    }

    @Test
    void addedFieldsKeepTheirOrder() {
        Map<String, String> added = new LinkedHashMap<>();
        for (int i = 20; i > 0; i--) {
            added.put("X-" + i, Integer.toString(i));
        }
        assertThat(new HeaderRules(added, Set.of(), Set.of()).addRequest()).containsExactlyEntriesOf(added);
    }
}
