package dev.sluice.journal.postgres;

/** Statements as they are sent. */
final class Sql {

    private Sql() {}

    /** Without the layout that is for people: the driver takes each statement apart letter by letter every time it is sent. */
    static String compact(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
