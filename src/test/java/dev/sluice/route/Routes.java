package dev.sluice.route;

import dev.sluice.job.Headers;
import dev.sluice.route.RouteTable.RequestHead;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Makes routes from settings, for tests of every package. */
public final class Routes {

    private Routes() {}

    /** A route with the given settings ({@code "timeout=2s"}) and the defaults for the rest. */
    public static Route route(String id, String path, String backend, String... settings) {
        Map<String, Object> properties = new LinkedHashMap<>();
        String prefix = "sluice.routes." + id + ".";
        properties.put(prefix + "path", path);
        properties.put(prefix + "backend", backend);
        for (String setting : settings) {
            String[] keyAndValue = setting.split("=", 2);
            properties.put(prefix + keyAndValue[0], keyAndValue[1]);
        }
        return bind(properties).get(0);
    }

    /** Routes that apply until they are replaced. */
    public static CurrentRoutes current(Route... routes) {
        return new CurrentRoutes(table(routes));
    }

    /** A table of these routes, in this order. */
    public static RouteTable table(Route... routes) {
        return new RouteTable(List.of(routes));
    }

    /** The head of a request, with fields as {@code name, value, name, value, …}. */
    public static RequestHead head(String method, String path, @Nullable String host, String... fields) {
        Headers headers = Headers.of(fields);
        return new RequestHead() {
            @Override
            public String method() {
                return method;
            }

            @Override
            public String path() {
                return path;
            }

            @Override
            public @Nullable String host() {
                return host;
            }

            @Override
            public List<String> headers(String name) {
                return headers.all(name);
            }
        };
    }

    static List<Route> bind(Map<String, Object> properties) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", properties));
        return RouteBinder.bind(environment);
    }
}
