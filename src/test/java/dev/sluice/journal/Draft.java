package dev.sluice.journal;

import dev.sluice.job.GroupId;
import dev.sluice.job.Headers;
import dev.sluice.job.JobId;
import dev.sluice.job.JobRequest;
import dev.sluice.job.JobSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** A new job of a test, with whatever the test does not care about filled in. */
public final class Draft {

    private final JobId id;
    private final Instant acceptedAt;
    private Instant dueAt;
    private String route = "reports";
    private int urgency = JobSpec.DEFAULT_URGENCY;
    private long caller;
    private long turn;
    private long client;
    private int attempts = 5;
    private Duration keep = Duration.ofHours(1);
    private Instant deadline;
    private JobId redriveOf;
    private GroupId group;
    private String method = "POST";
    private String target = "/reports?year=2026";
    private Headers headers = Headers.of("Content-Type", "application/json");
    private IdempotencyKey key;
    private Flux<byte[]> body = Flux.just("{\"report\":\"q3\"}".getBytes(StandardCharsets.UTF_8));

    public Draft(JobId id, Instant now) {
        this.id = id;
        this.acceptedAt = now;
        this.dueAt = now;
    }

    public JobId id() {
        return id;
    }

    public Draft route(String value) {
        route = value;
        return this;
    }

    public Draft urgency(int value) {
        urgency = value;
        return this;
    }

    public Draft caller(long value) {
        caller = value;
        return this;
    }

    public Draft turn(long value) {
        turn = value;
        return this;
    }

    public Draft client(long value) {
        client = value;
        return this;
    }

    public Draft dueIn(Duration value) {
        dueAt = acceptedAt.plus(value);
        return this;
    }

    public Draft deadlineIn(@Nullable Duration value) {
        deadline = value == null ? null : acceptedAt.plus(value);
        return this;
    }

    public Draft redriveOf(JobId value) {
        redriveOf = value;
        return this;
    }

    public Draft group(@Nullable GroupId value) {
        group = value;
        return this;
    }

    public Draft attempts(int value) {
        attempts = value;
        return this;
    }

    public Draft keep(Duration value) {
        keep = value;
        return this;
    }

    public Draft method(String value) {
        method = value;
        return this;
    }

    public Draft target(String value) {
        target = value;
        return this;
    }

    public Draft headers(String... namesAndValues) {
        headers = Headers.of(namesAndValues);
        return this;
    }

    public Draft key(@Nullable String value) {
        key = value == null ? null : IdempotencyKey.of(route, "", value);
        return this;
    }

    public Draft body(String value) {
        return body(Flux.just(value.getBytes(StandardCharsets.UTF_8)));
    }

    public Draft body(Flux<byte[]> value) {
        body = value;
        return this;
    }

    public Flux<byte[]> body() {
        return body;
    }

    public NewJob job() {
        JobRequest request =
                new JobRequest(method, target, headers, new JobRequest.Origin("192.0.2.7", "https", "gateway.example"));
        Credentials.Split split = new Credentials(List.of("Authorization", "Cookie")).split(request, Set.of());
        return new NewJob(
                id,
                route,
                JobSpec.builder(acceptedAt, attempts, keep)
                        .urgency(urgency)
                        .deadline(deadline)
                        .redriveOf(redriveOf)
                        .caller(caller)
                        .turn(turn)
                        .client(client)
                        .group(group)
                        .build(),
                dueAt,
                split.request(),
                split.credentials(),
                key);
    }
}
