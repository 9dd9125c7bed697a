package dev.sluice.loadtest.scenario;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The options of a command, checked. */
public final class Options {

    private final Map<String, Object> values = new LinkedHashMap<>();

    private Options() {}

    /**
     * Reads {@code --name value} and {@code --name=value}.
     *
     * @throws UsageException on an unknown option, a missing value and a value that makes no sense
     */
    public static Options parse(List<Option<?>> known, List<String> words) {
        Map<String, String> given = new LinkedHashMap<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!word.startsWith("--")) {
                throw new UsageException(word + " is not expected here; options are --name value");
            }
            int equals = word.indexOf('=');
            String name = equals < 0 ? word.substring(2) : word.substring(2, equals);
            if (known.stream().noneMatch(option -> option.name().equals(name))) {
                throw new UsageException("there is no option --" + name + " here; see --help");
            }
            if (equals < 0 && i + 1 == words.size()) {
                throw new UsageException("--" + name + " needs a value");
            }
            String value = equals < 0 ? words.get(++i) : word.substring(equals + 1);
            if (given.put(name, value) != null) {
                throw new UsageException("--" + name + " is given twice");
            }
        }
        Options options = new Options();
        for (Option<?> option : known) {
            options.values.put(option.name(), value(option, given.getOrDefault(option.name(), option.usual())));
        }
        return options;
    }

    private static Object value(Option<?> option, String text) {
        try {
            return option.parser().apply(text);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--" + option.name() + " is " + text + "; expected " + e.getMessage());
        }
    }

    /** The value of an option that the scenario named. */
    @SuppressWarnings("unchecked") // the value came from this option's parser
    public <T> T get(Option<T> option) {
        Object value = values.get(option.name());
        if (value == null) {
            throw new IllegalArgumentException("the scenario does not name its option " + option.name());
        }
        return (T) value;
    }
}
