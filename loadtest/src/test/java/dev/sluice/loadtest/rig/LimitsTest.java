package dev.sluice.loadtest.rig;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LimitsTest {

    @Test
    void readsTheSoftLimit() {
        String text = "Limit                     Soft Limit           Hard Limit           Units\n"
                + "Max processes             94000                94000                processes\n"
                + "Max open files            1024                 20000                files\n";

        assertThat(Limits.descriptors(text)).isEqualTo(1024);
        assertThat(Limits.descriptors(text.replace("1024 ", "unlimited "))).isEqualTo(Integer.MAX_VALUE);
        assertThat(Limits.descriptors("")).isEqualTo(Integer.MAX_VALUE);
    }
}
