package dev.sluice.management;

import dev.sluice.route.ConfigurationException;
import java.net.InetAddress;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.management}.
 *
 * @param address the address the listener is bound to
 * @param port its port; 0 for any that is free
 */
@ConfigurationProperties(prefix = "sluice.management", ignoreUnknownFields = false)
record ManagementProperties(
        @DefaultValue("127.0.0.1") InetAddress address,
        @DefaultValue("9090") int port) {

    ManagementProperties {
        if (port < 0 || port > 65_535) {
            throw new ConfigurationException("sluice.management.port", port, "a port from 0 to 65535");
        }
    }
}
