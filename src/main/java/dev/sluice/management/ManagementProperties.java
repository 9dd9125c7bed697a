package dev.sluice.management;

import dev.sluice.route.ConfigurationException;
import java.net.InetAddress;
import java.util.List;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.management}.
 *
 * @param address Address of the management listener.
 * @param port Port of the management listener; 0 for any that is free.
 * @param allowedHosts Host names accepted in requests, besides addresses and localhost.
 */
@ConfigurationProperties(prefix = "sluice.management", ignoreUnknownFields = false)
record ManagementProperties(
        @DefaultValue("127.0.0.1") InetAddress address,
        @DefaultValue("9090") int port,
        @DefaultValue List<String> allowedHosts) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");

    ManagementProperties {
        if (port < 0 || port > 65_535) {
            throw new ConfigurationException("sluice.management.port", port, "a port from 0 to 65535");
        }
        for (String host : allowedHosts) {
            if (!NAME.matcher(host).matches()) {
                throw new ConfigurationException(
                        "sluice.management.allowed-hosts",
                        host,
                        "names such as sluice or gateway.internal, without a port; addresses and localhost always are");
            }
        }
    }
}
