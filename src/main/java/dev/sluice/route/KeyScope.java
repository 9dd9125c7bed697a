package dev.sluice.route;

/** The scope, within its route, in which an {@code Idempotency-Key} is unique. */
public sealed interface KeyScope {

    /** Each caller: none ever gets the job of another. */
    record Caller() implements KeyScope {}

    /** Each value of this field; requests without it share one scope. */
    record Header(String name) implements KeyScope {}

    /** The whole route: whoever sends a key gets the job that has it. */
    record Everybody() implements KeyScope {}

    /** As in the configuration. */
    default String text() {
        if (this instanceof Header header) {
            return "header:" + header.name();
        }
        return this instanceof Everybody ? "route" : "caller";
    }
}
