package dev.sluice.journal;

import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import reactor.core.publisher.Flux;

/** A new job of a test, with whatever the test does not care about filled in. */
final class Draft {

    private final JobId id;
    private final Instant acceptedAt;
    private Instant dueAt;
    private String route = "reports";
    private int urgency = 3;
    private int attempts = 5;
    private Duration keep = Duration.ofHours(1);
    private Instant deadline;
    private JobId redriveOf;
    private String method = "POST";
    private String target = "/reports?year=2026";
    private Headers headers = Headers.of("Content-Type", "application/json");
    private IdempotencyKey key;
    private Flux<byte[]> body = Flux.just("{\"report\":\"q3\"}".getBytes(StandardCharsets.UTF_8));

    Draft(JobId id, Instant now) {
        this.id = id;
        this.acceptedAt = now;
        this.dueAt = now;
    }

    JobId id() {
        return id;
    }

    Draft route(String value) {
        route = value;
        return this;
    }

    Draft urgency(int value) {
        urgency = value;
        return this;
    }

    Draft dueIn(Duration value) {
        dueAt = acceptedAt.plus(value);
        return this;
    }

    Draft deadlineIn(Duration value) {
        deadline = acceptedAt.plus(value);
        return this;
    }

    Draft redriveOf(JobId value) {
        redriveOf = value;
        return this;
    }

    Draft attempts(int value) {
        attempts = value;
        return this;
    }

    Draft keep(Duration value) {
        keep = value;
        return this;
    }

    Draft method(String value) {
        method = value;
        return this;
    }

    Draft target(String value) {
        target = value;
        return this;
    }

    Draft headers(String... namesAndValues) {
        headers = Headers.of(namesAndValues);
        return this;
    }

    Draft key(String value) {
        key = IdempotencyKey.of(route, "", value);
        return this;
    }

    Draft body(String value) {
        return body(Flux.just(value.getBytes(StandardCharsets.UTF_8)));
    }

    Draft body(Flux<byte[]> value) {
        body = value;
        return this;
    }

    Flux<byte[]> body() {
        return body;
    }

    NewJob job() {
        JobRequest request =
                new JobRequest(method, target, headers, new JobRequest.Origin("192.0.2.7", "https", "gateway.example"));
        Credentials.Split split = new Credentials(List.of("Authorization", "Cookie")).split(request, Set.of());
        return new NewJob(
                id,
                route,
                urgency,
                acceptedAt,
                dueAt,
                attempts,
                keep,
                null,
                deadline,
                redriveOf,
                split.request(),
                split.credentials(),
                key);
    }
}
