package dev.sluice.loadtest.report;

import java.util.Locale;

/** Writes elements of SVG. Colours are classes, so that a page can have them light or dark. */
final class Svg {

    private final StringBuilder text = new StringBuilder();

    Svg(String title, int width, int height) {
        text.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
                width,
                height,
                escape(title)));
    }

    /** The look of a picture that stands alone, in place of the style of a page. */
    Svg alone(String style) {
        text.append("<style>").append(style).append("</style>");
        text.append("<rect class=\"ground\" width=\"100%\" height=\"100%\"/>");
        return this;
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
