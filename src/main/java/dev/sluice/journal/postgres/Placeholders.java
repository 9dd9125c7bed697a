package dev.sluice.journal.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A statement in JDBC syntax, which has question marks for parameters, each with a value of its own. Of a repeated
 * parameter only the first occurrence becomes one; the others refer to it by the number that the driver assigns, so
 * that it is sent once.
 *
 * @param jdbc with a question mark for each parameter
 * @param order which parameter each question mark stands for
 */
record Placeholders(String jdbc, int[] order) {

    private static final Pattern PARAMETER = Pattern.compile("\\$(\\d+)");

    /** Bounded, because statements are constants. */
    private static final Map<String, Placeholders> KNOWN = new ConcurrentHashMap<>();

    /** Converts a statement with {@code $1}, {@code $2} and so on. */
    static Placeholders of(String sql) {
        return KNOWN.computeIfAbsent(sql, Placeholders::read);
    }

    private static Placeholders read(String sql) {
        List<Integer> order = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        Matcher parameter = PARAMETER.matcher(sql);
        while (parameter.find()) {
            Integer number = Integer.valueOf(parameter.group(1));
            int known = order.indexOf(number);
            if (known < 0) {
                order.add(number);
            }
            parameter.appendReplacement(text, known < 0 ? "?" : "\\$" + (known + 1));
        }
        parameter.appendTail(text);
        return new Placeholders(
                text.toString(), order.stream().mapToInt(Integer::intValue).toArray());
    }

    /** Returns the statement as sent to the server. */
    String wire() {
        StringBuilder text = new StringBuilder();
        int number = 0;
        for (int i = 0; i < jdbc.length(); i++) {
            char c = jdbc.charAt(i);
            if (c == '?') {
                text.append('$').append(++number);
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }
}
