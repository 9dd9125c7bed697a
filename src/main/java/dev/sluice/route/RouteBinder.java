package dev.sluice.route;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.BindResult;
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
        Set<String> ids = ids(environment);
        Binder binder = Binder.get(environment);
        for (String id : ids) {
            requireOneForm(binder, id, "concurrency", "cluster", "min", "max");
            requireOneForm(binder, id, "rate", "limit", "cluster", "burst");
        }
        Map<String, RouteProperties> bound = binder.bind(
                        ROUTES,
                        MAP,
                        new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter()))
                .orElse(Map.of());
        Map<String, RouteProperties> rest = new LinkedHashMap<>(bound);
        List<Route> routes = new ArrayList<>(bound.size());
        for (String id : ids) {
            RouteProperties properties = rest.remove(id);
            if (properties != null) {
                routes.add(RouteReader.read(id, properties));
            }
        }
        rest.forEach((id, properties) -> routes.add(RouteReader.read(id, properties)));
        return routes;
    }

    /**
     * Refuses a value alone in addition to keys below it, which happens easily with one in the file and the other in the
     * environment. Binding would use the first and ignore the second.
     */
    private static void requireOneForm(Binder binder, String id, String name, String... nested) {
        String key = ROUTES + "." + id + "." + name;
        if (!ConfigurationPropertyName.isValid(key)) {
            return; // such an id is refused later
        }
        Bindable<String> text = Bindable.of(String.class);
        BindResult<String> alone = binder.bind(key, text);
        for (String below : alone.isBound() ? nested : new String[0]) {
            BindResult<String> other = binder.bind(key + "." + below, text);
            if (other.isBound()) {
                throw new ConfigurationException(
                        key + "." + below, other.get(), "one of both: " + key + " is '" + alone.get() + "' already");
            }
        }
    }

    /**
     * Ids in the order of the sources, lowest precedence first: a route with a setting on the command line keeps its position in
     * the file.
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
