package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HopByHopTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection",
                "KEEP-ALIVE",
                "Proxy-Authorization",
                "proxy-connection",
                "TE",
                "Trailer",
                "Transfer-Encoding",
                "Upgrade",
                "HTTP2-Settings",
                "x-http2-stream-id",
            })
    void someFieldsAreNeverForwarded(String name) {
        assertThat(HopByHop.isAlways(name)).isTrue();
        assertThat(HopByHop.of(List.of()).includes(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Proxy-Status",
                "Proxy",
                "TEx",
                "Connections",
                "Keep-Alive-X",
                "Via",
                "X-HTTP",
                "Host",
                "Date"
            })
    void othersAre(String name) {
        assertThat(HopByHop.isAlways(name)).isFalse();
    }

    @Test
    void connectionNamesMore() {
        HopByHop hop = HopByHop.of(
                new DefaultHttpHeaders().add("Connection", "X-One , close").add("connection", ",x-TWO"));
        assertThat(List.of("x-one", "X-Two", "close")).allMatch(hop::includes);
        assertThat(hop.includes("X-Three")).isFalse();
    }

    @Test
    void usualConnectionsNameNone() {
        HopByHop usual = HopByHop.of(new DefaultHttpHeaders());
        assertThat(HopByHop.of(List.of("Keep-Alive"))).isSameAs(usual);
        assertThat(HopByHop.of(new DefaultHttpHeaders().add("Connection", "close")))
                .isSameAs(usual);
        assertThat(usual.includes("X-One")).isFalse();
    }
}
