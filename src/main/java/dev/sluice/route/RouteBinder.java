package dev.sluice.route;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.Environment;

/** Reads {@code sluice.routes} from the configuration. Unknown keys of a route are refused. */
final class RouteBinder {

    private static final ConfigurationPropertyName ROUTES = ConfigurationPropertyName.of("sluice.routes");
    private static final Bindable<Map<String, RouteProperties>> MAP =
            Bindable.mapOf(String.class, RouteProperties.class);

    private RouteBinder() {}

    /**
     * The routes in the order of the file.
     *
     * @throws ConfigurationException if a value cannot be used
     * @throws org.springframework.boot.context.properties.bind.BindException if a value cannot be read
     */
    static List<Route> bind(Environment environment) {
        Map<String, RouteProperties> bound = Binder.get(environment)
                .bind(
                        ROUTES,
                        MAP,
                        new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter()))
                .orElse(Map.of());
        Map<String, RouteProperties> rest = new LinkedHashMap<>(bound);
        List<Route> routes = new ArrayList<>(bound.size());
        for (String id : ids(environment)) {
            RouteProperties properties = rest.remove(id);
            if (properties != null) {
                routes.add(RouteReader.read(id, properties));
            }
        }
        rest.forEach((id, properties) -> routes.add(RouteReader.read(id, properties)));
        return routes;
    }

    /**
     * Ids in the order in which the sources name them, those of least precedence first: a route whose time-out is
     * overridden on the command line keeps the place it has in the file.
     */
    private static Set<String> ids(Environment environment) {
        List<ConfigurationPropertySource> sources = new ArrayList<>();
        ConfigurationPropertySources.get(environment).forEach(sources::add);
        Collections.reverse(sources);
        Set<String> ids = new LinkedHashSet<>();
        for (ConfigurationPropertySource source : sources) {
            if (source instanceof IterableConfigurationPropertySource names) {
                names.stream()
                        .filter(name -> ROUTES.isAncestorOf(name))
                        .forEach(name -> ids.add(name.getElement(ROUTES.getNumberOfElements(), Form.ORIGINAL)));
            }
        }
        return ids;
    }
}
