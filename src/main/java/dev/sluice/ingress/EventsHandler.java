package dev.sluice.ingress;

import dev.sluice.events.EventStream;
import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.job.Job;
import dev.sluice.job.JobId;
import reactor.core.publisher.Mono;

/** The event stream of a job. */
final class EventsHandler {

    private final Jobs jobs;
    private final ReadPlaces places;
    private final EventStream events;
    private final EventResponses responses;

    EventsHandler(Jobs jobs, ReadPlaces places, EventStream events, EventResponses responses) {
        this.jobs = jobs;
        this.places = places;
        this.events = events;
        this.responses = responses;
    }

    /** GET and HEAD. A reader that has seen the final event is told 204. */
    Mono<Void> follow(Exchange exchange, JobId id) {
        return places.stream(exchange, () -> find(exchange, id), () -> responses.later(exchange));
    }

    private Mono<Void> find(Exchange exchange, JobId id) {
        return jobs.find(exchange, id)
                .map(known -> answer(exchange, known.job()))
                .onErrorResume(EventResponses::isPassing, away -> Mono.just(responses.later(exchange)))
                .flatMap(answer -> answer);
    }

    private Mono<Void> answer(Exchange exchange, Job job) {
        long seen = Math.min(EventResponses.lastSeen(exchange).orElse(0), job.lastSeq());
        return job.state().finished() && seen == job.lastSeq()
                ? EventResponses.nothingMore(exchange)
                : responses.stream(exchange, events.of(job.id(), seen, exchange.prefix(), exchange.executor()));
    }
}
