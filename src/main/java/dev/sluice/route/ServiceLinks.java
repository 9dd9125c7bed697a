package dev.sluice.route;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Keeps the service links of Kubernetes and Docker from being bound as settings. A service {@code sluice-management} sets
 * {@code SLUICE_MANAGEMENT_PORT=tcp://10.0.0.11:80}, which is also the environment variable of {@code sluice.management.port}.
 * These variables stay readable by their own names, so that a configuration file may refer to
 * {@code ${ORDERS_SERVICE_HOST}}.
 *
 * <p>A variable is a service link if there is another of the form {@code <SERVICE>_PORT_<number>_TCP=tcp://<host>:<number>}, and
 * its name and value have the form that Kubernetes gives them: other values under such a name are still settings.
 */
final class ServiceLinks {

    private static final String ENVIRONMENT = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
    private static final String KUBERNETES = "KUBERNETES"; // by which Spring Boot detects the platform

    private static final Pattern LINK = Pattern.compile("(.+)_PORT_(\\d+)_(TCP|UDP|SCTP)");
    private static final Pattern URL = Pattern.compile("(?:tcp|udp|sctp)://(.+):(\\d+)");
    private static final Pattern MEMBER =
            Pattern.compile("(?:SERVICE_PORT(?:_.+)?|PORT_\\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)");

    private ServiceLinks() {}

    /** Sets them apart from the other variables. */
    static void setApart(MutablePropertySources sources) {
        if (sources.get(ENVIRONMENT) instanceof SystemEnvironmentPropertySource variables) {
            Map<String, Object> settings = new HashMap<>(variables.getSource());
            Map<String, Object> links = links(settings);
            settings.keySet().removeAll(links.keySet());
            sources.replace(ENVIRONMENT, new SystemEnvironmentPropertySource(ENVIRONMENT, settings));
            sources.addLast(new MapPropertySource("serviceLinks", links));
        }
    }

    /** The variables that tell of services. */
    private static Map<String, Object> links(Map<String, Object> variables) {
        Map<String, Set<String>> services = new HashMap<>();
        variables.forEach((name, value) -> {
            Matcher link = LINK.matcher(name);
            Matcher url = URL.matcher(value.toString());
            if (link.matches() && url.matches() && link.group(2).equals(url.group(2))) {
                services.computeIfAbsent(link.group(1), service -> new HashSet<>())
                        .add(plain(url.group(1)));
            }
        });
        services.remove(KUBERNETES);
        Map<String, Object> links = new HashMap<>();
        variables.forEach((name, value) -> {
            for (int end = name.indexOf('_'); end > 0; end = name.indexOf('_', end + 1)) {
                Set<String> hosts = services.get(name.substring(0, end));
                if (hosts != null && isLink(name.substring(end + 1), value.toString(), hosts)) {
                    links.put(name, value);
                }
            }
        });
        return links;
    }

    /** Whether a variable is one of the service's, by its name without that of the service. */
    private static boolean isLink(String name, String value, Set<String> hosts) {
        return switch (name) {
            case "SERVICE_HOST" -> hosts.contains(value);
            case "PORT" -> URL.matcher(value).matches();
            default -> MEMBER.matcher(name).matches();
        };
    }

    /** Without the brackets of an IPv6 address. */
    private static String plain(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }
}
