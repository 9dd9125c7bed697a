package dev.sluice.journal.postgres;

import dev.sluice.journal.JobErasedException;
import dev.sluice.journal.JournalOverloadedException;
import dev.sluice.journal.JournalUnavailableException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Classifies errors of the driver and the server by SQLSTATE (PostgreSQL, appendix A). */
final class Faults {

    /** The depth to which causes are examined. */
    private static final int DEPTH = 10;

    private Faults() {}

    /** The classes of errors by consequence. */
    enum Kind {
        /** Nothing was done, and a retry may succeed at once: a deadlock or a serialization failure. */
        CLASH,
        /** Nothing was done; the database is temporarily unable to. */
        REFUSED,
        /** The connection broke or timed out: whether the statement was executed is unknown. */
        UNKNOWN,
        /** A bug, or a wrong schema. */
        MISTAKE
    }

    static Kind kind(Throwable thrown) {
        Throwable error = source(thrown);
        if (error instanceof JournalUnavailableException || error instanceof JournalOverloadedException) {
            return Kind.REFUSED; // of a lower part: nothing was sent
        }
        String state = state(error);
        if (state != null) {
            return ofState(state);
        }
        return error instanceof TimeoutException || error instanceof IOException ? Kind.UNKNOWN : Kind.MISTAKE;
    }

    private static Kind ofState(String state) {
        return switch (state.substring(0, 2)) {
            case "40" -> Kind.CLASH;
            case "08" -> Kind.UNKNOWN;
            // 57014: the statement was cancelled, which undoes it. Other shutdowns may hit the moment after a commit.
            case "57" -> state.equals("57014") ? Kind.REFUSED : Kind.UNKNOWN;
            // 25: read only, as a server is that is no longer, or not yet, the primary. 53: no disk, no memory, no
            // connection. 55: a lock was not to be had in time. 58: the system under it failed. 28, 3D: who we are, or
            // where, is refused. XX: it says of itself that it is broken.
            case "25", "28", "3D", "53", "54", "55", "58", "F0", "XX" -> Kind.REFUSED;
            // A table or function that is missing: the schema was dropped, or is another one.
            case "42", "3F" -> Kind.REFUSED;
            default -> Kind.MISTAKE;
        };
    }

    /** Whether the connection must not be reused, even if it seems open. */
    static boolean connectionIsLost(Throwable error) {
        String state = state(error);
        return kind(error) == Kind.UNKNOWN || (state != null && state.startsWith("25"));
    }

    /** Whether only this connection is known to be broken; a new one shows at once whether the database is down. */
    static boolean isOfOneConnection(Throwable error) {
        String state = state(error);
        return kind(error) == Kind.UNKNOWN && (state == null || state.startsWith("08")) && !isLate(error);
    }

    /** Whether the database is temporarily read-only. */
    static boolean readsGoOn(Throwable error) {
        String state = state(error);
        return state != null && (state.equals("25006") || state.equals("53100"));
    }

    /** Describes the failure for the operator, without data of clients. */
    static String words(Throwable thrown) {
        Throwable error = source(thrown);
        String state = state(error);
        if (error instanceof JournalOverloadedException) {
            return "too many wait for the database";
        } else if (error instanceof JournalUnavailableException) {
            return String.valueOf(error.getMessage());
        } else if (isLate(error)) {
            return "the database did not answer in time";
        } else if (state == null || state.startsWith("08")) {
            return "no connection to the database: " + error.getMessage();
        }
        return switch (state) {
            case "53100" -> "the disk of the database is full";
            case "53300" -> "the database takes no more connections";
            case "25006" -> "the database is read only, so it is not the primary";
            case "57P01", "57P02", "57P03" -> "the database is being stopped or started";
            case "57014" -> "a statement took longer than sluice.journal.postgres.timeout";
            case "28P01", "28000" -> "the database refuses sluice.journal.postgres.username or its password";
            case "42P01", "42883", "3F000" -> "the tables of the journal are not in its schema: " + error.getMessage();
            default -> "the database says " + state + ": " + error.getMessage();
        };
    }

    static @Nullable String state(Throwable thrown) {
        String state = source(thrown) instanceof SQLException error ? error.getSQLState() : null;
        return state == null || state.length() != 5 ? null : state;
    }

    /** Whether it is a timeout. */
    private static boolean isLate(Throwable thrown) {
        Throwable error = source(thrown);
        for (int depth = 0; error != null && depth < DEPTH; depth++) {
            if (error instanceof TimeoutException
                    || error instanceof SocketTimeoutException
                    || error instanceof SQLTimeoutException) {
                return true;
            }
            error = error.getCause();
        }
        return false;
    }

    /** Whether a statement timed out, so that half of its work may succeed. */
    static boolean isTooMuch(Throwable error) {
        return "57014".equals(state(error)) || isLate(error);
    }

    /** Returns the underlying error, which may be wrapped. */
    private static Throwable source(Throwable thrown) {
        Throwable error = thrown;
        for (int depth = 0; depth < DEPTH && !isKnown(error) && error.getCause() != null; depth++) {
            error = error.getCause();
        }
        return isKnown(error) ? error : thrown;
    }

    private static boolean isKnown(Throwable error) {
        return error instanceof JournalUnavailableException
                || error instanceof JournalOverloadedException
                || error instanceof SQLException
                || error instanceof TimeoutException
                || error instanceof IOException;
    }

    /** Converts an error of the database into one of the journal. */
    static Throwable told(Throwable error) {
        boolean ours = error instanceof JournalUnavailableException
                || error instanceof JournalOverloadedException
                || error instanceof JobErasedException;
        return ours || kind(error) == Kind.MISTAKE ? error : new JournalUnavailableException(words(error), error);
    }
}
