package dev.sluice.loadtest.rig;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a gateway is started. Started a second time it has the same ports, directory and database: that is a restart.
 *
 * @param name of its log
 * @param jar of the gateway, another one to compare versions
 * @param installation started instead of the jar if there is one
 * @param backend where the routes of {@code application.yaml} send their jobs
 * @param data the directory of an embedded journal
 * @param jvmOptions of this one
 * @param properties more arguments, such as {@code --sluice.queue.capacity=10}; they win over the file
 */
public record GatewaySetup(
        String name,
        Path jar,
        Optional<Path> installation,
        int port,
        int managementPort,
        URI backend,
        Path data,
        List<String> jvmOptions,
        List<String> properties) {

    /** The same with one more argument. */
    public GatewaySetup with(String property) {
        List<String> more = new ArrayList<>(properties);
        more.add(property);
        return new GatewaySetup(name, jar, installation, port, managementPort, backend, data, jvmOptions, more);
    }

    /** The same with other options of the JVM. */
    public GatewaySetup withJvm(List<String> options) {
        return new GatewaySetup(name, jar, installation, port, managementPort, backend, data, options, properties);
    }

    /** The same of another version, from its jar and under a name of its own. */
    public GatewaySetup withJar(String version, Path other) {
        return new GatewaySetup(
                version, other, Optional.empty(), port, managementPort, backend, data, jvmOptions, properties);
    }

    /** The same with another directory of an embedded journal. */
    public GatewaySetup withData(Path directory) {
        return new GatewaySetup(
                name, jar, installation, port, managementPort, backend, directory, jvmOptions, properties);
    }
}
