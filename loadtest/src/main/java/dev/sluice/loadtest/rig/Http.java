package dev.sluice.loadtest.rig;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Single requests that control or ask, apart from the load. */
public final class Http {

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private static final Duration LONGEST = Duration.ofSeconds(20);

    private Http() {}

    /**
     * The body of an answer of 200.
     *
     * @throws RigException on any other answer and on none
     */
    public static String get(URI url) {
        return send(HttpRequest.newBuilder(url).timeout(LONGEST).build());
    }

    /** The body of an answer of 2xx to a POST. */
    public static String post(URI url, String json) {
        return send(HttpRequest.newBuilder(url)
                .timeout(LONGEST)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    private static String send(HttpRequest request) {
        try {
            HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() / 100 != 2) {
                throw new RigException(request.uri() + " answered " + answer.statusCode());
            }
            return answer.body();
        } catch (IOException e) {
            throw new RigException(request.uri() + " does not answer: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RigException("interrupted", e);
        }
    }

    /** A whole number of a JSON object, by its name. */
    static long number(String json, String name) {
        Matcher member = Pattern.compile("\"" + name + "\"\\s*:\\s*(\\d+)").matcher(json);
        if (!member.find()) {
            throw new RigException("there is no " + name + " in " + json);
        }
        return Long.parseLong(member.group(1));
    }
}
