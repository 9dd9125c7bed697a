package dev.sluice.journal.postgres;

import dev.sluice.journal.JournalProperties;
import dev.sluice.journal.JournalUnavailableException;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Option;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where the database is, for the two drivers that need to know: R2DBC's for the work, JDBC's for the schema.
 *
 * @param r2dbc one for each address, with user and password
 * @param jdbc of all addresses, without them
 */
record Addresses(List<ConnectionFactoryOptions> r2dbc, String jdbc) {

    private static final String DRIVER = "postgresql";
    private static final Pattern COMMA = Pattern.compile(",");
    private static final Option<Object> TARGET = Option.valueOf("targetServerType");
    private static final Option<Object> SSL_MODE = Option.valueOf("sslMode");

    /** Reads the configured address. */
    static Addresses of(JournalProperties.Postgres properties) {
        String url = properties.url();
        if (url == null || url.isBlank()) {
            throw new JournalUnavailableException(
                    "sluice.journal.type is postgres, and sluice.journal.postgres.url is missing; expected"
                            + " r2dbc:postgresql://host:port/database",
                    null);
        }
        ConnectionFactoryOptions options;
        try {
            options = ConnectionFactoryOptions.parse(url);
        } catch (RuntimeException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
        if (!DRIVER.equals(options.getValue(ConnectionFactoryOptions.DRIVER))) {
            throw wrong("it is not for PostgreSQL");
        }
        if (!options.hasOption(ConnectionFactoryOptions.HOST)
                || !options.hasOption(ConnectionFactoryOptions.DATABASE)) {
            throw wrong("it names no host or no database");
        }
        ConnectionFactoryOptions.Builder complete = options.mutate();
        if (properties.username() != null) {
            complete.option(ConnectionFactoryOptions.USER, properties.username());
        }
        if (properties.password() != null) {
            complete.option(ConnectionFactoryOptions.PASSWORD, properties.password());
        }
        boolean several = "failover".equals(options.getValue(ConnectionFactoryOptions.PROTOCOL));
        if (several && !options.hasOption(TARGET)) {
            complete.option(TARGET, "PRIMARY"); // the only one that can be written to
        }
        List<ConnectionFactoryOptions> each = several ? each(complete.build()) : List.of(complete.build());
        return new Addresses(each, jdbc(options, several));
    }

    /** The driver reads several addresses as one host, with commas. */
    private static List<ConnectionFactoryOptions> each(ConnectionFactoryOptions all) {
        return COMMA.splitAsStream((String) all.getRequiredValue(ConnectionFactoryOptions.HOST))
                .map(one ->
                        all.mutate().option(ConnectionFactoryOptions.HOST, one).build())
                .toList();
    }

    private static String jdbc(ConnectionFactoryOptions options, boolean several) {
        Object host = options.getRequiredValue(ConnectionFactoryOptions.HOST);
        Object port = options.getValue(ConnectionFactoryOptions.PORT);
        StringBuilder url = new StringBuilder("jdbc:postgresql://").append(host);
        if (port != null) {
            url.append(':').append(port);
        }
        url.append('/').append(options.getRequiredValue(ConnectionFactoryOptions.DATABASE));
        url.append("?ApplicationName=sluice");
        if (several) {
            url.append("&targetServerType=primary");
        }
        if (options.hasOption(SSL_MODE)) {
            url.append("&sslmode=").append(options.getRequiredValue(SSL_MODE));
        } else if (Boolean.parseBoolean(String.valueOf(options.getValue(ConnectionFactoryOptions.SSL)))) {
            url.append("&sslmode=require");
        }
        return url.toString();
    }

    private static JournalUnavailableException wrong(String why) {
        return new JournalUnavailableException(
                "sluice.journal.postgres.url cannot be used: " + why
                        + "; expected r2dbc:postgresql://host:port/database",
                null);
    }
}
