package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who is taken for one client where a route limits what one client may send. */
class RateLimitTest {

    private static Listeners open;
    private static Listeners behindProxy;

    @BeforeAll
    static void start() {
        open = new Listeners(settings());
        String[] settings = settings();
        settings[0] = "sluice.ingress.trusted-proxies=127.0.0.0/8,::1";
        behindProxy = new Listeners(settings);
    }

    @AfterAll
    static void stop() {
        open.close();
        behindProxy.close();
    }

    private static String[] settings() {
        return new String[] {
            "sluice.ingress.trusted-proxies=",
            "sluice.routes.ip.path=/ip",
            "sluice.routes.ip.backend=http://localhost:1",
            "sluice.routes.ip.rate-limit.by=ip",
            "sluice.routes.ip.rate-limit.limit=1/h",
            "sluice.routes.ip.rate-limit.burst=1",
            "sluice.routes.key.path=/key",
            "sluice.routes.key.backend=http://localhost:1",
            "sluice.routes.key.rate-limit.by=header:X-Key",
            "sluice.routes.key.rate-limit.limit=1/h",
            "sluice.routes.key.rate-limit.burst=2"
        };
    }

    private static int post(Listeners listeners, String path, String fields) throws IOException {
        return Wire.call(listeners.port(), "POST " + path + " HTTP/1.1\nHost: g\nContent-Length: 0" + fields)
                .status();
    }

    @Test
    void anAddressThatAStrangerClaimsIsNotHis() throws IOException {
        assertThat(post(open, "/ip", "\nX-Forwarded-For: 192.0.2.1")).isEqualTo(202);
        assertThat(post(open, "/ip", "\nX-Forwarded-For: 192.0.2.2")).isEqualTo(429);
        assertThat(post(open, "/ip", "\nForwarded: for=192.0.2.3")).isEqualTo(429);
    }

    @Test
    void anAddressThatATrustedProxyNamesIs() throws IOException {
        assertThat(post(behindProxy, "/ip", "\nX-Forwarded-For: 192.0.2.1")).isEqualTo(202);
        assertThat(post(behindProxy, "/ip", "\nX-Forwarded-For: 192.0.2.1")).isEqualTo(429);
        assertThat(post(behindProxy, "/ip", "\nX-Forwarded-For: 192.0.2.2")).isEqualTo(202);
        assertThat(post(behindProxy, "/ip", "\nX-Forwarded-For: 192.0.2.9, 192.0.2.1"))
                .as("what stands before the proxy's own word is the client's say")
                .isEqualTo(429);
    }

    @Test
    void byAFieldThoseWithoutItAreOne() throws IOException {
        for (String field : new String[] {"\nX-Key: a", "\nX-Key: b", ""}) {
            assertThat(post(open, "/key", field)).isEqualTo(202);
            assertThat(post(open, "/key", field)).isEqualTo(202);
            assertThat(post(open, "/key", field)).isEqualTo(429);
        }
    }
}
