package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The parsed configured URL. It has the form that R2DBC gave it, {@code r2dbc:postgresql://host:port/database} or
 * {@code r2dbc:postgresql:failover://host:port,host:port/database}, with the options of that driver by their names.
 *
 * @param hosts each with its port, if one is given
 * @param settings of the JDBC driver, the password among them
 */
record DatabaseUrl(List<String> hosts, String database, Properties settings) {

    private static final String EXPECTED = "; expected r2dbc:postgresql://host:port/database";
    private static final Pattern FORM = Pattern.compile("(?<scheme>r2dbcs?):(?<driver>[^:/]+)(:(?<protocol>[^:/]+))?:"
            + "//((?<user>[^/]*)@)?(?<hosts>[^/?]*)(/(?<database>[^?]*))?(\\?(?<options>.*))?");
    private static final Pattern COMMA = Pattern.compile(",");
    private static final Pattern AND = Pattern.compile("&");

    /** What the JDBC driver calls the options of R2DBC's, written in lower case. */
    private static final Map<String, String> NAMES = Map.of(
            "sslmode", "sslmode",
            "sslrootcert", "sslrootcert",
            "sslcert", "sslcert",
            "sslkey", "sslkey",
            "sslpassword", "sslpassword",
            "sslnegotiation", "sslNegotiation",
            "targetservertype", "targetServerType",
            "username", "user",
            "user", "user",
            "password", "password");

    /** Parses the configured URL. */
    static DatabaseUrl of(JournalProperties.Postgres properties) {
        String url = properties.url();
        if (url == null || url.isBlank()) {
            throw new JournalUnavailableException(
                    "sluice.journal.type is postgres, and sluice.journal.postgres.url is missing" + EXPECTED, null);
        }
        Matcher form = FORM.matcher(url.strip());
        if (!form.matches()) {
            throw wrong("it is no R2DBC URL");
        } else if (!form.group("driver").equals("postgresql")) {
            throw wrong("it is not for PostgreSQL");
        }
        String hosts = form.group("hosts");
        String database = form.group("database");
        if (hosts.isEmpty() || database == null || database.isEmpty()) {
            throw wrong("it names no host or no database");
        }
        Properties settings = new Properties();
        userInfo(form.group("user"), settings);
        boolean several = "failover".equals(form.group("protocol"));
        if (several) {
            settings.setProperty("targetServerType", "primary"); // the only one that can be written to
        }
        options(form.group("options"), form.group("scheme").equals("r2dbcs"), settings);
        set(settings, "user", properties.username());
        set(settings, "password", properties.password());
        return new DatabaseUrl(several ? List.of(COMMA.split(hosts, -1)) : List.of(hosts), decoded(database), settings);
    }

    private static void userInfo(@Nullable String info, Properties settings) {
        if (info == null) {
            return;
        }
        int colon = info.indexOf(':');
        set(settings, "user", decoded(colon < 0 ? info : info.substring(0, colon)));
        set(settings, "password", colon < 0 ? null : decoded(info.substring(colon + 1)));
    }

    private static void options(@Nullable String query, boolean encrypted, Properties settings) {
        Map<String, String> options = new TreeMap<>();
        for (String option : query == null ? new String[0] : AND.split(query)) {
            int equals = option.indexOf('=');
            options.put(
                    decoded(equals < 0 ? option : option.substring(0, equals)).toLowerCase(Locale.ROOT),
                    equals < 0 ? "true" : decoded(option.substring(equals + 1)));
        }
        boolean ssl = encrypted || Boolean.parseBoolean(options.remove("ssl"));
        settings.setProperty("sslmode", ssl ? "require" : "disable"); // what the R2DBC driver did without a mode
        options.forEach((name, value) -> {
            String known = NAMES.get(name);
            if (known != null) {
                set(settings, known, spelled(known, value));
            } else if (name.startsWith("ssl")) {
                throw wrong("its option " + name + " is not known");
            }
        });
        if ("tunnel".equals(settings.getProperty("sslmode"))) {
            settings.setProperty("sslmode", "require");
            settings.setProperty("sslNegotiation", "direct");
        }
    }

    /** Converts values for the JDBC driver, which is stricter. */
    private static String spelled(String name, String value) {
        return switch (name) {
            case "sslmode" -> value.toLowerCase(Locale.ROOT).replace('_', '-');
            case "targetServerType" -> {
                String plain = value.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
                yield plain.startsWith("prefer")
                        ? "prefer" + plain.substring(6, 7).toUpperCase(Locale.ROOT) + plain.substring(7)
                        : plain;
            }
            default -> value;
        };
    }

    private static void set(Properties settings, String name, @Nullable String value) {
        if (value != null) {
            settings.setProperty(name, value);
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** Returns the JDBC URL of one of the hosts. */
    String jdbc(String host) {
        return "jdbc:postgresql://" + host + "/" + database;
    }

    /**
     * The settings for one attempt to connect. The driver's limits are whole seconds, except that of the whole attempt,
     * for which it uses a thread of its own that the longer limit ends.
     */
    Properties within(Duration limit) {
        Properties all = new Properties();
        all.putAll(settings);
        String seconds = Long.toString(limit.toSeconds() + 1);
        all.setProperty("connectTimeout", seconds);
        all.setProperty("socketTimeout", seconds);
        all.setProperty("loginTimeout", String.format(Locale.ROOT, "%.3f", limit.toMillis() / 1000.0));
        return all;
    }

    /** A readable description. */
    String where() {
        return "postgresql://" + String.join(",", hosts) + "/" + database;
    }

    /** Without the password, which belongs into no log. */
    @Override
    public String toString() {
        return where();
    }

    private static JournalUnavailableException wrong(String why) {
        return new JournalUnavailableException("sluice.journal.postgres.url cannot be used: " + why + EXPECTED, null);
    }
}
