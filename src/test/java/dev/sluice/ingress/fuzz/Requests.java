package dev.sluice.ingress.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;

/** Valid requests of every kind that the public listener answers. */
final class Requests {

    static final String ORIGIN = "https://page.example";

    private static final String[] BODY_METHODS = {"POST", "PUT", "PATCH", "QUERY"};
    private static final String[] PLAIN_METHODS = {"GET", "HEAD", "OPTIONS", "DELETE", "GET", "TRACE", "PURGE"};
    private static final String[] ROUTES = {"/async/", "/negotiate/", "/sync/", "/keyed/", "/typed/", "/nothing/"};
    private static final String[] TAILS = {
        "", "?a=b&c=%20", "/b%20c", ";v=1", "/%41?", "/status/404", "/status/503", "/chunked", "/tagged", "/x?y=/../z"
    };
    private static final String[] JOB_TAILS = {
        "", "/result", "/events", "/events?last_event_id=2", "/result?x", "/else", "/"
    };
    private static final String[][] FIELDS = {
        {"Prefer", "respond-async", "wait=0", "respond-async, wait=1", "wait=\"0\"; a=b", "return=minimal", "wait=-1"},
        {"Priority", "u=0", "u=7, i", "u=9", "\"u", "u=3;x=1"},
        {"Idempotency-Key", "\"key-1\"", "key-2", "\"\"", "a b", "\"a\\\"b\""},
        {"Sluice-Delay", "0s", "1h", "PT2H", "-5s", "99999999999999999999d"},
        {"Sluice-Not-Before", "Sun, 06 Nov 1994 08:49:37 GMT", "2026-11-23T13:41:07Z", "tomorrow"},
        {"Sluice-Deadline", "90s", "1ms", "2016-11-23T13:41:07Z", "never"},
        {"Sluice-Callback", "https://callback.example/x"},
        {"Range", "bytes=0-3", "bytes=-2", "bytes=5-", "bytes=9-1", "bytes=0-1,3-4", "lines=1-2"},
        {"If-None-Match", "*", "\"1\"", "W/\"3\", \"4\"", "\"unclosed"},
        {"If-Range", "\"echo\"", "W/\"echo\"", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"Last-Event-ID", "1", "999", "-1", "x"},
        {"Expect", "100-continue", "100-Continue", "something"},
        {"TE", "trailers", "gzip;q=0.5, trailers"},
        {"Forwarded", "for=192.0.2.1;proto=https;host=a.example", "for=\"[2001:db8::1]:80\", for=_x", "for=\"unclosed"},
        {"X-Forwarded-For", "192.0.2.1, 10.0.0.1", "unknown"},
        {"X-Forwarded-Host", "a.example", "a\"b"},
        {"X-Forwarded-Proto", "https", "gopher"},
        {"X-Forwarded-Prefix", "/prefix", "//x", "/a/../b"},
        {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "ff-0-0-0"},
        {"tracestate", "a=b,c=d"},
        {"Authorization", "Bearer token-of-nobody"},
        {"Origin", ORIGIN, "null", "https://else.example"},
        {"Access-Control-Request-Method", "POST", "*"},
        {"Access-Control-Request-Headers", "prefer, x-a", "\"x"},
        {"Content-Type", "application/json", "text/plain; charset=\"utf-8\"", "nonsense", "multipart/form-data"},
        {"Accept", "*/*", "text/event-stream"},
        {"Accept-Encoding", "gzip, br"},
        {"Content-Encoding", "gzip"},
        {"Connection", "keep-alive", "close", "prefer, x-a", "upgrade"},
        {"Upgrade", "h2c", "websocket"},
        {"Cookie", "a=b; c=d"},
    };

    private final List<String> jobs;
    private final Random random;

    /**
     * Makes requests.
     *
     * @param jobs paths of jobs that they may ask for
     */
    Requests(List<String> jobs, Random random) {
        this.jobs = jobs;
        this.random = random;
    }

    /**
     * The next request.
     *
     * @param number seen in its target, where it has a place for that
     */
    Draft next(int number) {
        Draft draft = new Draft();
        boolean ofJob = random.nextInt(4) == 0;
        draft.target = ofJob ? any(jobs) + any(JOB_TAILS) : any(ROUTES) + "c" + number + any(TAILS);
        boolean body = random.nextInt(ofJob ? 8 : 2) == 0;
        draft.method = ofJob && !body ? any(new String[] {"GET", "HEAD"}) : any(body ? BODY_METHODS : PLAIN_METHODS);
        draft.with("Host", any(new String[] {"gateway.example", "gateway.example:8080", "[::1]"}));
        for (int i = random.nextInt(6); i > 0; i--) {
            String[] field = any(FIELDS);
            draft.with(field[0], field[1 + random.nextInt(field.length - 1)]);
        }
        if (body) {
            addBody(draft);
        }
        return draft;
    }

    private void addBody(Draft draft) {
        byte[] content = content(random.nextInt(10) == 0 ? random.nextInt(20_000) : random.nextInt(200));
        draft.chunked = random.nextInt(3) == 0;
        if (draft.chunked) {
            draft.with("Transfer-Encoding", "chunked");
            draft.body = inChunks(content);
        } else {
            draft.with("Content-Length", Integer.toString(content.length));
            draft.body = content;
        }
    }

    /** Text that looks like a request of its own at times. */
    private byte[] content(int length) {
        if (random.nextInt(6) == 0) {
            return "GET /sync/smuggled HTTP/1.1\r\nHost: gateway.example\r\n\r\n".getBytes(ISO_8859_1);
        }
        byte[] content = new byte[length];
        for (int i = 0; i < length; i++) {
            content[i] = (byte) (random.nextInt(30) == 0 ? random.nextInt(256) : 'a' + random.nextInt(26));
        }
        return content;
    }

    private byte[] inChunks(byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int from = 0;
        while (from < content.length) {
            int size = Math.min(content.length - from, 1 + random.nextInt(1 + content.length / 2));
            String extension = random.nextInt(5) == 0 ? ";name=\"value\"" : "";
            out.writeBytes((Integer.toHexString(size) + extension + "\r\n").getBytes(ISO_8859_1));
            out.write(content, from, size);
            out.writeBytes(new byte[] {'\r', '\n'});
            from += size;
        }
        String trailers = random.nextInt(4) == 0 ? "X-Trailer: t\r\nContent-Length: 3\r\n" : "";
        out.writeBytes(("0\r\n" + trailers + "\r\n").getBytes(ISO_8859_1));
        return out.toByteArray();
    }

    private <T> T any(T[] values) {
        return values[random.nextInt(values.length)];
    }

    private String any(List<String> values) {
        return values.get(random.nextInt(values.size()));
    }
}
