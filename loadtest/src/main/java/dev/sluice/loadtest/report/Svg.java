package dev.sluice.loadtest.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Writes elements of SVG. Colours are classes, so that a page can have them light or dark. */
final class Svg {

    private static final int ROW = 18;
    private static final double LETTER = 6.3;
    private static final double KEY = 14;
    private static final double GAP = 16;
    private static final double MARGIN = 8;

    private final StringBuilder text = new StringBuilder();

    /** A picture for a page, which has the style, the title and the legend. */
    Svg(String title, int width, int height) {
        begin(title, 0, width, height);
    }

    /** A picture that stands alone, with all of them. */
    Svg(String title, int width, int height, String style, List<String> names) {
        List<double[]> places = places(title, width, names);
        int rows = places.stream().mapToInt(place -> (int) place[1] + 1).max().orElse(1);
        int header = rows * ROW + 6;
        begin(title, -header, width, height + header);
        text.append("<style>").append(style).append("</style>");
        box("ground", 0, -header, width, height + (double) header);
        label("title", "start", MARGIN, -header + (double) ROW, title);
        for (int i = 0; i < names.size(); i++) {
            double x = places.get(i)[0];
            double y = -header + ROW * (places.get(i)[1] + 1);
            line("curve c" + i, x, y - 4, x + KEY, y - 4);
            label("tick", "start", x + KEY + 4, y, names.get(i));
        }
    }

    /** Where the names of a legend begin, and in which row. The width of letters can only be estimated. */
    private static List<double[]> places(String title, int width, List<String> names) {
        List<double[]> places = new ArrayList<>();
        double x = MARGIN + title.length() * (LETTER + 1) + GAP;
        int row = 0;
        for (String name : names) {
            double length = KEY + 4 + name.length() * LETTER;
            if (x + length > width - MARGIN) {
                x = MARGIN;
                row++;
            }
            places.add(new double[] {x, row});
            x += length + GAP;
        }
        return places;
    }

    private void begin(String title, int top, int width, int height) {
        text.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 %d %d %d\" role=\"img\" aria-label=\"%s\">",
                top,
                width,
                height,
                escape(title)));
    }

    Svg line(String style, double x1, double y1, double x2, double y2) {
        return add("<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", style, x1, y1, x2, y2);
    }

    Svg box(String style, double x, double y, double width, double height) {
        return add(
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                style, x, y, Math.max(0, width), Math.max(0, height));
    }

    /** Text that begins, is centred or ends ({@code start}, {@code middle}, {@code end}) at a point. */
    Svg label(String style, String anchor, double x, double y, String words) {
        return add(
                "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>",
                style, anchor, x, y, escape(words));
    }

    Svg path(String style, CharSequence steps) {
        return add("<path class=\"%s\" d=\"%s\"/>", style, steps);
    }

    private Svg add(String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values));
        return this;
    }

    String end() {
        return text + "</svg>";
    }

    static String escape(String words) {
        return words.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
