package dev.sluice.loadtest.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GroupCountsTest {

    private static String event(String counts) {
        return "{\"change\":\"finished\",\"at\":\"2026-11-29T08:00:00.000Z\",\"group\":{\"id\":\"x\",\"size\":3,"
                + "\"jobs\":" + counts + ",\"percent\":100,\"links\":{\"jobs\":\"/groups/x/jobs\"}}}";
    }

    @Test
    void readsTheCountsOfAnEvent() {
        GroupCounts counts = GroupCounts.of(
                event("{\"total\":6,\"queued\":1,\"running\":2,\"succeeded\":3,\"failed\":4," + "\"cancelled\":5}"));

        assertThat(counts).isEqualTo(new GroupCounts(6, 1, 2, 3, 4, 5));
        assertThat(counts.allSucceeded(6)).isFalse();
    }

    @Test
    void isExactOnlyIfAllHaveSucceededAndNoneIsLeft() {
        String all = "{\"total\":3,\"queued\":0,\"running\":0,\"succeeded\":3,\"failed\":0,\"cancelled\":0}";
        assertThat(GroupCounts.of(event(all)).allSucceeded(3)).isTrue();
        assertThat(GroupCounts.of(event(all)).allSucceeded(4)).isFalse();
        assertThat(GroupCounts.of(event(all.replace("\"failed\":0", "\"failed\":1")))
                        .allSucceeded(3))
                .isFalse();
    }

    @Test
    void saysWhenThereAreNone() {
        assertThatThrownBy(() -> GroupCounts.of("{\"state\":\"open\"}")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> GroupCounts.of("{\"jobs\":{\"total\":1}}"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
