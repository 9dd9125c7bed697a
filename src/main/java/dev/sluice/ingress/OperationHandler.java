package dev.sluice.ingress;

import dev.sluice.ingress.exchange.Exchange;
import dev.sluice.ingress.header.WaitPreference;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.job.JobId;
import dev.sluice.representation.Representations.Resource;
import reactor.core.publisher.Mono;

/** Serves a job as a long-running operation, for clients that poll in the words of Azure's guidelines. */
final class OperationHandler {

    private final Jobs jobs;
    private final ReadPlaces places;
    private final JobResponses responses;

    OperationHandler(Jobs jobs, ReadPlaces places, JobResponses responses) {
        this.jobs = jobs;
        this.places = places;
        this.responses = responses;
    }

    /** GET and HEAD. */
    Mono<Void> show(Exchange exchange, JobId id) {
        return places.answer(
                WaitPreference.NONE,
                () -> jobs.find(exchange, id)
                        .flatMap(known -> exchange.response()
                                .send(responses
                                        .choose(exchange, known.job().route(), Resource.OPERATION)
                                        .status(responses.view(exchange, known)))));
    }
}
