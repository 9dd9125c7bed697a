package dev.sluice.route;

/** Within which an {@code Idempotency-Key} is the same one, beside its route. */
public sealed interface KeyScope {

    /** The caller's: what one of them sent is never answered to another. */
    record Caller() implements KeyScope {}

    /** Of those who send the same value of this field; whoever sends none is nobody in particular. */
    record Header(String name) implements KeyScope {}

    /** The whole route: whoever knows a key gets the job that was made under it. */
    record Everybody() implements KeyScope {}

    /** As it is written in the configuration. */
    default String text() {
        if (this instanceof Header header) {
            return "header:" + header.name();
        }
        return this instanceof Everybody ? "route" : "caller";
    }
}
