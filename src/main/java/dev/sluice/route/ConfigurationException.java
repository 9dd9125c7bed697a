package dev.sluice.route;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A setting with which the gateway cannot start. Thrown during startup by the code that checks the setting; the operator sees
 * key, value and expectation, and no stack trace.
 */
public final class ConfigurationException extends RuntimeException {

    private final String key;
    private final @Nullable String value;
    private final String expected;

    /**
     * Makes the exception.
     *
     * @param key the whole key, such as {@code sluice.routes.reports.backend}
     * @param value what it is set to; null if it is not set
     * @param expected what it should be, completing "expected: "
     */
    public ConfigurationException(String key, @Nullable Object value, String expected) {
        super(message(key, value == null ? null : shown(key, value), expected));
        this.key = key;
        this.value = value == null ? null : shown(key, value);
        this.expected = expected;
    }

    /** The whole key. */
    public String key() {
        return key;
    }

    /** The value as it may be shown; null if the key is not set. */
    public @Nullable String value() {
        return value;
    }

    /** What was expected. */
    public String expected() {
        return expected;
    }

    private static String message(String key, @Nullable String value, String expected) {
        return key + (value == null ? " is not set" : " is '" + value + "'") + "; expected: " + expected;
    }

    /** Startup messages end up in logs and tickets, so they must not contain credentials. */
    private static String shown(String key, Object value) {
        String name = key.substring(key.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        if (name.contains("password")
                || name.contains("secret")
                || name.contains("token")
                || key.contains(".add-request-headers.")) {
            return "******";
        }
        return String.valueOf(value).replaceFirst("//[^/@]*@", "//******@");
    }
}
