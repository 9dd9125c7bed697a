package dev.sluice.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.route.CallPolicy;
import dev.sluice.route.Routes;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

/** What a backend is told of a request. */
class OutgoingHeadersTest {

    private static final JobId JOB = JobId.parse("01k9zzzzzzzzzzzzzzzzzzzzzz").orElseThrow();
    private static final JobRequest.Origin ORIGIN = new JobRequest.Origin("192.0.2.7", "http", "api.example.org");
    private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    // --- where it came from

    @Test
    void theConnectionIsAppendedToWhatTrustedProxiesSaid() {
        HttpHeaders sent = sent(
                policy(),
                "X-Forwarded-For",
                "203.0.113.9",
                "Forwarded",
                "for=203.0.113.9;proto=https",
                "X-Forwarded-Proto",
                "https",
                "x-forwarded-for",
                "198.51.100.1, 198.51.100.2",
                "X-Forwarded-Host",
                "shop.example",
                "X-Forwarded-Prefix",
                "/outer",
                "X-Forwarded-Port",
                "443",
                "forwarded",
                "for=\"[2001:db8::1]\"");

        assertThat(sent.getAll("Forwarded"))
                .containsExactly("for=203.0.113.9;proto=https, for=\"[2001:db8::1]\"," + " for=192.0.2.7");
        assertThat(sent.getAll("X-Forwarded-For"))
                .containsExactly("203.0.113.9, 198.51.100.1, 198.51.100.2, 192.0.2.7");
        assertThat(sent.getAll("X-Forwarded-Proto")).containsExactly("https");
        assertThat(sent.getAll("X-Forwarded-Host")).containsExactly("shop.example");
        assertThat(sent.getAll("X-Forwarded-Prefix")).containsExactly("/outer");
        assertThat(sent.getAll("X-Forwarded-Port")).containsExactly("443");
    }

    @Test
    void ofSchemeAndHostOnlyWhatNobodySaidBeforeIsSaid() {
        HttpHeaders sent = sent(policy(), "Forwarded", "for=203.0.113.9", "X-Forwarded-For", "203.0.113.9");

        assertThat(sent.getAll("Forwarded"))
                .containsExactly("for=203.0.113.9, for=192.0.2.7;proto=http;host=api.example.org");
        assertThat(sent.getAll("X-Forwarded-Host")).containsExactly("api.example.org");

        HttpHeaders alone = sent(policy(), "X-Forwarded-Proto", "https", "X-Forwarded-Host", "shop.example");

        assertThat(alone.getAll("Forwarded")).containsExactly("for=192.0.2.7;proto=https;host=shop.example");
    }

    @Test
    void withoutProxiesTheConnectionIsTheOrigin() {
        HttpHeaders sent = sent(policy());

        assertThat(sent.getAll("Forwarded")).containsExactly("for=192.0.2.7;proto=http;host=api.example.org");
        assertThat(sent.getAll("X-Forwarded-For")).containsExactly("192.0.2.7");
        assertThat(sent.getAll("X-Forwarded-Proto")).containsExactly("http");
        assertThat(sent.getAll("X-Forwarded-Host")).containsExactly("api.example.org");
        assertThat(sent.contains("X-Forwarded-Prefix")).isFalse();
    }

    @Test
    void aConnectionWithoutAnAddressLeavesTheListAsItIs() {
        JobRequest head = new JobRequest(
                "GET", "/x", Headers.of("X-Forwarded-For", "203.0.113.9"), new JobRequest.Origin("", "http", "h"));

        HttpHeaders sent = OutgoingHeaders.of(passed(head, 0), policy());

        assertThat(sent.getAll("X-Forwarded-For")).containsExactly("203.0.113.9");
        assertThat(sent.getAll("Forwarded")).containsExactly("for=unknown;proto=http;host=h");
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/orders, '', /api/v1",
        "/api/v1/orders, /outer, /outer/api/v1",
        "/api/v1, '', /api/v1",
        "/api/v1?q=/api/v1, '', /api/v1",
        "/api/v1/, '', /api/v1",
        "/api/v1//orders?q, '', /api/v1",
        "/api/v1/api/v1, '', /api/v1",
    })
    void whatIsStrippedOfThePathIsSaid(String target, String before, String prefix) {
        CallPolicy policy = Routes.route("orders", "/api/v1/**", "http://backend", "strip-prefix=2")
                .call();
        Headers headers = before.isEmpty() ? Headers.NONE : Headers.of("X-Forwarded-Prefix", before);
        JobRequest head = new JobRequest("GET", target, headers, ORIGIN);

        HttpHeaders sent = OutgoingHeaders.of(passed(head, 0), policy);

        assertThat(sent.getAll("X-Forwarded-Prefix")).containsExactly(prefix);
    }

    @Test
    void underscoresDoNotMakeOurFieldsTheClients() {
        HttpHeaders sent = sent(
                policy(),
                "X_Forwarded_For",
                "203.0.113.9",
                "X-Forwarded_Host",
                "shop.example",
                "Sluice_Job",
                "theirs",
                "Content_Length",
                "7",
                "X_Other",
                "1");

        assertThat(sent.names())
                .allSatisfy(name -> assertThat(name)
                        .isNotIn("X_Forwarded_For", "X-Forwarded_Host", "Sluice_Job", "Content_Length"));
        assertThat(sent.get("X_Other")).isEqualTo("1");
    }

    // --- its trace

    @Test
    void aTraceIsPassedOnAsItCame() {
        String[] fields = {"traceparent", PARENT, "tracestate", "a=1", "Tracestate", "b=2,c=3"};
        HttpHeaders sent = sent(policy(), fields);

        assertThat(sent.getAll("traceparent")).containsExactly(PARENT);
        assertThat(sent.getAll("tracestate")).containsExactly("a=1", "b=2,c=3");
        assertThat(sent(policy(), fields).get("traceparent"))
                .as("of another attempt")
                .isEqualTo(PARENT);
    }

    @Test
    void noTraceIsBegunThatNobodyRecords() {
        HttpHeaders sent = sent(policy(), "X-Mine", "1");

        assertThat(sent.names()).doesNotContain("traceparent", "tracestate");
    }

    // --- what the route changes

    @Test
    void aRouteAddsAndDropsFieldsOfTheClient() {
        CallPolicy policy = Routes.route(
                        "orders",
                        "/**",
                        "http://backend",
                        "add-request-headers.X-Api-Key=secret",
                        "add-request-headers.X-Both=mine",
                        "add-request-headers.X-New=",
                        "drop-request-headers=cookie, X-Both")
                .call();

        HttpHeaders sent = sent(
                policy,
                "Cookie",
                "a=1",
                "x-api-key",
                "theirs",
                "X-API-KEY",
                "theirs",
                "X-Both",
                "theirs",
                "X-Kept",
                "1");

        assertThat(sent.contains("Cookie")).isFalse();
        assertThat(sent.getAll("X-Api-Key")).containsExactly("secret");
        assertThat(sent.getAll("X-Both")).containsExactly("mine");
        assertThat(sent.getAll("X-New")).containsExactly("");
        assertThat(sent.getAll("X-Kept")).containsExactly("1");
    }

    // --- attempts, and what is passed through

    @Test
    void onlyAttemptsSayWhichJobTheyAreFor() {
        JobRequest head = new JobRequest(
                "POST", "/x", Headers.of("Sluice-Job", "theirs", "Sluice-Progress", "http://theirs"), ORIGIN);
        HttpHeaders attempt = OutgoingHeaders.of(new BackendRequest(JOB, 3, head, 0, Flux.empty(), null), policy());
        HttpHeaders passed = OutgoingHeaders.of(passed(head, 0), policy());

        assertThat(attempt.get("Idempotency-Key")).isEqualTo(JOB.toString());
        assertThat(attempt.get("Sluice-Job")).isEqualTo(JOB.toString());
        assertThat(attempt.get("Sluice-Attempt")).isEqualTo("3");
        assertThat(attempt.contains("Sluice-Progress")).isFalse();
        assertThat(passed.names())
                .doesNotContain("Idempotency-Key", "Sluice-Job", "Sluice-Attempt", "Sluice-Progress")
                .contains("Via", "Forwarded");
    }

    @Test
    void aBodyOfUnknownLengthIsChunked() {
        JobRequest head = new JobRequest("POST", "/x", Headers.NONE, ORIGIN);

        HttpHeaders unknown = OutgoingHeaders.of(passed(head, -1), policy());
        HttpHeaders known = OutgoingHeaders.of(passed(head, 7), policy());

        assertThat(unknown.get("Transfer-Encoding")).isEqualTo("chunked");
        assertThat(unknown.contains("Content-Length")).isFalse();
        assertThat(known.get("Content-Length")).isEqualTo("7");
        assertThat(known.contains("Transfer-Encoding")).isFalse();
    }

    @Test
    void trailersAreAskedForOnThisConnectionOnly() {
        JobRequest head = new JobRequest("GET", "/x", Headers.of("TE", "trailers, deflate"), ORIGIN);

        HttpHeaders asked = OutgoingHeaders.of(BackendRequest.passedThrough(head, 0, Flux.empty(), true), policy());
        HttpHeaders silent = OutgoingHeaders.of(passed(head, 0), policy());

        assertThat(asked.getAll("TE")).containsExactly("trailers");
        assertThat(asked.getAll("Connection")).containsExactly("TE");
        assertThat(silent.names()).doesNotContain("TE", "Connection");
    }

    @ParameterizedTest
    @CsvSource({"GET, false", "HEAD, false", "POST, true", "DELETE, true"})
    void whatSpeaksForOneReaderStaysBehindWhereTheAnswerIsStored(String method, boolean conditions) {
        Headers headers = Headers.of(
                "Accept-Encoding",
                "gzip",
                "Accept_Encoding",
                "br",
                "If-None-Match",
                "*",
                "If-Modified-Since",
                "Mon, 23 Nov 2026 00:00:00 GMT",
                "If-Range",
                "\"x\"",
                "Range",
                "bytes=0-1",
                "If-Match",
                "\"y\"",
                "Accept",
                "text/plain");
        JobRequest head = new JobRequest(method, "/x", headers, ORIGIN);
        CallPolicy policy = Routes.route("any", "/**", "http://backend", "add-request-headers.Accept-Encoding=identity")
                .call();

        HttpHeaders attempt = OutgoingHeaders.of(new BackendRequest(JOB, 1, head, 0, Flux.empty(), null), policy());

        assertThat(attempt.names()).contains("If-Match", "Accept").doesNotContain("Accept-Encoding", "Accept_Encoding");
        for (String name : new String[] {"If-None-Match", "If-Modified-Since", "If-Range", "Range"}) {
            assertThat(attempt.contains(name)).as(name).isEqualTo(conditions);
        }
        assertThat(OutgoingHeaders.of(passed(head, 0), policy()).names())
                .contains("Accept-Encoding", "If-None-Match", "If-Modified-Since", "If-Range", "Range");
        assertThat(OutgoingHeaders.of(new BackendRequest(JOB, 1, head, 0, Flux.empty(), null), policy)
                        .getAll("Accept-Encoding"))
                .as("what the operator wants")
                .containsExactly("identity");
    }

    @ParameterizedTest
    @CsvSource({"TRACE, 3, 2", "OPTIONS, 1, 0", "OPTIONS, x, x", "OPTIONS, 99999999999, 99999999999", "GET, 3, 3"})
    void intermediariesAreCounted(String method, String hops, String left) {
        JobRequest head = new JobRequest(method, "/x", Headers.of("max-forwards", hops), ORIGIN);

        assertThat(OutgoingHeaders.of(passed(head, 0), policy()).getAll("Max-Forwards"))
                .containsExactly(left);
    }

    private static CallPolicy policy() {
        return Routes.route("any", "/**", "http://backend").call();
    }

    private static BackendRequest passed(JobRequest head, long size) {
        return BackendRequest.passedThrough(head, size, Flux.empty(), false);
    }

    private static HttpHeaders sent(CallPolicy policy, String... fields) {
        return OutgoingHeaders.of(passed(new JobRequest("GET", "/x", Headers.of(fields), ORIGIN), 0), policy);
    }
}
