package dev.sluice.loadtest.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** A run as one HTML file that needs nothing else: light or dark as the reader's system is, and readable on a phone. */
public final class Page {

    private static final int MOST_POINTS = 600;
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final Run run;
    private final StringBuilder html = new StringBuilder(1 << 16);
    private final Map<String, Object> hover = new LinkedHashMap<>();

    private Page(Run run) {
        this.run = run;
    }

    public static void write(Run run, Path file) throws IOException {
        Files.writeString(file, new Page(run).html());
    }

    private String html() {
        String title = "Sluice · " + run.scenario();
        html.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<meta name=\"color-scheme\" content=\"light dark\">")
                .append("<link rel=\"icon\" href=\"data:,\"><title>")
                .append(Svg.escape(title))
                .append("</title><style>")
                .append(resource("colours.css"))
                .append(resource("page.css"))
                .append("</style></head><body><main>");
        head();
        figures();
        accounts();
        notes();
        charts();
        distributions();
        environment();
        html.append("<div id=\"hint\" hidden></div><script type=\"application/json\" id=\"points\">")
                .append(MAPPER.writeValueAsString(hover).replace("</", "<\\/"))
                .append("</script><script>")
                .append(resource("hover.js"))
                .append("</script></main></body></html>\n");
        return html.toString();
    }

    private void head() {
        String verdict = run.accounts().isEmpty()
                ? ""
                : run.good()
                        ? "<p class=\"verdict good\">✓ every account is in order</p>"
                        : "<p class=\"verdict bad\">✗ a promise was broken: see the accounts</p>";
        html.append("<header><h1>").append(Svg.escape(run.scenario())).append("</h1><p class=\"question\">");
        html.append(Svg.escape(run.question())).append("</p>").append(verdict);
        html.append("<p class=\"when\">").append(Svg.escape(run.begun())).append(", ");
        html.append(Numbers.text(run.seconds())).append(" s</p></header>");
    }

    private void figures() {
        html.append("<section><h2>Figures</h2><div class=\"wide\"><table><tbody>");
        for (Figure figure : run.figures()) {
            html.append("<tr><th scope=\"row\">")
                    .append(Svg.escape(figure.name()))
                    .append("</th><td class=\"number\">");
            html.append(Numbers.text(figure.value())).append("</td><td>").append(Svg.escape(figure.unit()));
            html.append("</td><td class=\"range\">").append(range(figure)).append("</td></tr>");
        }
        html.append("</tbody></table></div></section>");
    }

    private static String range(Figure figure) {
        List<Double> slices = figure.slices();
        if (slices.size() < 2) {
            return "";
        }
        double low = slices.stream().mapToDouble(value -> value).min().orElseThrow();
        double high = slices.stream().mapToDouble(value -> value).max().orElseThrow();
        return Numbers.text(low) + " to " + Numbers.text(high) + " in " + slices.size() + " slices";
    }

    private void accounts() {
        if (run.accounts().isEmpty()) {
            return;
        }
        html.append("<section><h2>Accounts</h2><div class=\"wide\"><table><tbody>");
        for (Account account : run.accounts()) {
            boolean promised = account.promise() == Account.Promise.ZERO;
            String style = !promised ? "" : account.good() ? "good" : "bad";
            html.append("<tr class=\"").append(style).append("\"><th scope=\"row\">");
            html.append(Svg.escape(account.name())).append("</th><td class=\"number\">");
            html.append(String.format(Locale.ROOT, "%,d", account.value())).append("</td><td>");
            html.append(!promised ? "" : account.good() ? "✓ zero, as promised" : "✗ must be zero")
                    .append("</td></tr>");
        }
        html.append("</tbody></table></div></section>");
    }

    private void notes() {
        for (String note : run.notes()) {
            html.append("<p class=\"note\">").append(Svg.escape(note)).append("</p>");
        }
    }

    private void charts() {
        html.append("<section><h2>Over time</h2><div class=\"charts\">");
        Plots.charts(run).forEach((chart, curves) -> {
            String id = "chart" + hover.size();
            String unit = curves.get(0).unit();
            html.append("<figure><figcaption>").append(Svg.escape(chart));
            html.append(unit.isEmpty() ? "" : " <span class=\"unit\">" + Svg.escape(unit) + "</span>");
            html.append("</figcaption><div class=\"plot\" id=\"").append(id).append("\">");
            html.append(Plots.chart(run, chart, curves, "")).append("</div>");
            legend(curves.stream().map(Series::name).toList());
            html.append("</figure>");
            hover.put(
                    id,
                    Map.of(
                            "left",
                            TimeChart.LEFT / TimeChart.WIDTH,
                            "right",
                            TimeChart.RIGHT / TimeChart.WIDTH,
                            "seconds",
                            run.seconds(),
                            "unit",
                            unit,
                            "names",
                            curves.stream().map(Series::name).toList(),
                            "curves",
                            curves.stream().map(Page::thinned).toList()));
        });
        html.append("</div></section>");
    }

    private static List<double[]> thinned(Series curve) {
        int together = Math.max(1, curve.points().size() / MOST_POINTS);
        return java.util.stream.IntStream.range(0, curve.points().size())
                .filter(i -> i % together == 0)
                .mapToObj(i -> curve.points().get(i))
                .map(point -> new double[] {round(point[0]), round(point[1])})
                .toList();
    }

    private static double round(double value) {
        return Math.round(value * 1000) / 1000.0;
    }

    private void distributions() {
        if (run.distributions().isEmpty()) {
            return;
        }
        html.append("<section><h2>Distribution of latencies</h2><div class=\"charts one\"><figure>");
        html.append("<figcaption>by percentile <span class=\"unit\">ms</span></figcaption>");
        html.append(Plots.percentiles(run, ""));
        legend(run.distributions().stream()
                .map(one -> one.name() + String.format(Locale.ROOT, " (%,d)", one.count()))
                .toList());
        html.append("</figure></div></section>");
    }

    private void legend(List<String> names) {
        html.append("<ul class=\"legend\">");
        for (int i = 0; i < names.size(); i++) {
            html.append("<li><span class=\"key k").append(i).append("\"></span>");
            html.append(Svg.escape(names.get(i))).append("</li>");
        }
        html.append("</ul>");
    }

    private void environment() {
        html.append("<section><h2>Environment</h2><div class=\"wide\"><table><tbody>");
        row("command", run.command());
        run.environment().forEach(this::row);
        html.append("</tbody></table></div></section>");
    }

    private void row(String name, String value) {
        html.append("<tr><th scope=\"row\">").append(Svg.escape(name)).append("</th><td class=\"text\">");
        html.append(Svg.escape(value)).append("</td></tr>");
    }

    static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream("/report/" + name)) {
            return new String(java.util.Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
