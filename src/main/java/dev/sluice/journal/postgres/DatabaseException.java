package dev.sluice.journal.postgres;

import java.sql.SQLException;

/** An error of the driver or the server on its way through code that declares none; {@link Faults} says what it means. */
final class DatabaseException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    DatabaseException(SQLException cause) {
        super(cause.getMessage(), cause);
    }
}
