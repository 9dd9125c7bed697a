package dev.sluice.demo;

import java.time.Duration;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.unit.DataSize;

/**
 * How the demo backend responds to a request, as its query says: {@code ?delay=3s&fail=2}.
 *
 * @param delay wait before the response
 * @param status status of the response
 * @param fail number of first attempts that are answered with 503
 * @param size bytes of the response body; -1 for the default body
 * @param hang never respond
 * @param close close the connection without a response
 * @param progress report progress during the delay, if the request says where to
 * @param later answer 202 at once and send the response after the delay, if the request says where to
 */
record Behaviour(
        Duration delay, int status, int fail, long size, boolean hang, boolean close, boolean progress, boolean later) {

    /**
     * Parses the query of a request target.
     *
     * @param usual the behaviour without a query
     * @throws IllegalArgumentException naming the parameter that cannot be read
     */
    static Behaviour of(String target, Behaviour usual) {
        int query = target.indexOf('?');
        if (query < 0) {
            return usual;
        }
        Behaviour behaviour = usual;
        for (String parameter : target.substring(query + 1).split("&", -1)) {
            int equals = parameter.indexOf('=');
            if (equals > 0) {
                behaviour = behaviour.with(parameter.substring(0, equals), parameter.substring(equals + 1));
            }
        }
        return behaviour;
    }

    static Behaviour answeringAfter(Duration delay) {
        return new Behaviour(delay, 200, 0, -1, false, false, false, false);
    }

    /** Ignores unknown names. */
    private Behaviour with(String name, String value) {
        try {
            return switch (name) {
                case "delay" -> new Behaviour(notNegative(value), status, fail, size, hang, close, progress, later);
                case "status" ->
                    new Behaviour(delay, within(value, 200, 599), fail, size, hang, close, progress, later);
                case "fail" ->
                    new Behaviour(
                            delay, status, within(value, 0, Integer.MAX_VALUE), size, hang, close, progress, later);
                case "size" -> new Behaviour(delay, status, fail, notNegativeSize(value), hang, close, progress, later);
                case "hang" ->
                    new Behaviour(delay, status, fail, size, Boolean.parseBoolean(value), close, progress, later);
                case "close" ->
                    new Behaviour(delay, status, fail, size, hang, Boolean.parseBoolean(value), progress, later);
                case "progress" ->
                    new Behaviour(delay, status, fail, size, hang, close, Boolean.parseBoolean(value), later);
                case "later" ->
                    new Behaviour(delay, status, fail, size, hang, close, progress, Boolean.parseBoolean(value));
                default -> this;
            };
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException(name + " cannot be '" + value + "'", e);
        }
    }

    private static Duration notNegative(String value) {
        Duration duration = DurationStyle.detectAndParse(value);
        if (duration.isNegative() || duration.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException(value);
        }
        return duration;
    }

    private static int within(String value, int least, int most) {
        int number = Integer.parseInt(value);
        if (number < least || number > most) {
            throw new IllegalArgumentException(value);
        }
        return number;
    }

    private static long notNegativeSize(String value) {
        long size = DataSize.parse(value).toBytes();
        if (size < 0) {
            throw new IllegalArgumentException(value);
        }
        return size;
    }
}
