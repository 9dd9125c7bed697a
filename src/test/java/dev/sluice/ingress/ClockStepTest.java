package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Headers;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import dev.sluice.journal.JobFilter;
import dev.sluice.journal.MutableClock;
import dev.sluice.journal.core.JournalClock;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** What clients are told while the clock of the gateway's machine is set to and fro. */
class ClockStepTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration TWO_DAYS = Duration.ofDays(2);

    private final MutableClock clock = new MutableClock();
    private final JournalClock time = new JournalClock(clock, clock::nanos);
    private final Listeners listeners = new Listeners(
            part -> part instanceof JournalClock ? time : part,
            "sluice.routes.one.path=/one",
            "sluice.routes.one.backend=http://localhost:1",
            "sluice.routes.one.keep=1h");

    @AfterEach
    void stop() {
        listeners.close();
    }

    @Test
    void aResultIsThereForItsTimeAlthoughTheClockIsDaysAhead() throws IOException {
        JobId done = listeners.accept("/one");
        listeners.answer(listeners.claim("one"), 200, null, Headers.NONE, Flux.just("ok".getBytes()));
        clock.step(TWO_DAYS);
        clock.advance(Duration.ofMinutes(1));
        assertThat(get("/jobs/" + done + "/result").status()).isEqualTo(200);
        clock.step(TWO_DAYS.negated());
        clock.advance(Duration.ofMinutes(59).minusMillis(1));
        assertThat(get("/jobs/" + done + "/result").status()).isEqualTo(200);
        clock.advance(Duration.ofMillis(1));
        assertThat(get("/jobs/" + done + "/result").status()).isEqualTo(410);
    }

    @Test
    void aDelayCountsFromNow() throws IOException {
        clock.step(TWO_DAYS.negated());
        clock.advance(Duration.ofSeconds(1));
        Instant now = time.instant();
        Wire.Reply delayed = post("Sluice-Delay: 1h");
        assertThat(instant(delayed, "acceptedAt")).isEqualTo(now);
        assertThat(instant(delayed, "nextAttemptAt")).isEqualTo(now.plus(Duration.ofHours(1)));
        clock.step(TWO_DAYS.multipliedBy(2));
        clock.advance(Duration.ofMinutes(1));
        assertThat(get("/jobs/" + Listeners.id(delayed)).json().path("state").asString())
                .isEqualTo("queued");
        assertThat(get("/jobs/" + Listeners.id(delayed)).json().has("position")).isFalse();
    }

    @Test
    void theDateIsThatOfTheInstantsToldAndNewJobsAreTheNewest() throws IOException {
        JobId first = listeners.accept("/one");
        clock.step(Duration.ofHours(-1));
        clock.advance(Duration.ofSeconds(2));
        Wire.Reply second = post("Sluice-Deadline: 5m");
        Instant date = ZonedDateTime.parse(second.field("Date"), DateTimeFormatter.RFC_1123_DATE_TIME)
                .toInstant();
        assertThat(Duration.between(date, instant(second, "acceptedAt")).abs()).isLessThan(Duration.ofSeconds(1));
        List<JobId> newestFirst = listeners.journal().list(JobFilter.ALL, 10, null).block(LIMIT).jobs().stream()
                .map(Job::id)
                .toList();
        assertThat(newestFirst).containsExactly(Listeners.id(second), first);
    }

    private Wire.Reply post(String field) throws IOException {
        return Wire.call(listeners.port(), "POST /one HTTP/1.1\nHost: g\nContent-Length: 0\n" + field);
    }

    private Wire.Reply get(String target) throws IOException {
        return Wire.call(listeners.port(), "GET " + target + " HTTP/1.1\nHost: g");
    }

    private static Instant instant(Wire.Reply reply, String member) {
        return Instant.parse(reply.json().path(member).asString());
    }
}
