package dev.sluice.journal.postgres;

import java.sql.SQLException;

/** An unchecked wrapper of an error of the driver or the server, classified by {@link Faults}. */
final class DatabaseException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    DatabaseException(SQLException cause) {
        super(cause.getMessage(), cause);
    }
}
