package dev.sluice.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sluice.protection.Drain;
import dev.sluice.queue.JobQueue;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Drains this node, so that it can be stopped when nothing runs on it any more. */
final class DrainHandler {

    private final Drain drain;
    private final JobQueue queue;

    DrainHandler(Drain drain, JobQueue queue) {
        this.drain = drain;
        this.queue = queue;
    }

    /**
     * How far a node is drained.
     *
     * @param since null if it is not being drained
     * @param running jobs that run on this node
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Status(boolean draining, @Nullable String since, int running) {}

    Mono<ServerResponse> show(ServerRequest request) {
        Parameters.of(request);
        return answer();
    }

    Mono<ServerResponse> begin(ServerRequest request) {
        Parameters.of(request);
        drain.begin();
        return answer();
    }

    Mono<ServerResponse> end(ServerRequest request) {
        Parameters.of(request);
        drain.end();
        return answer();
    }

    private Mono<ServerResponse> answer() {
        Instant since = drain.since();
        Status status = new Status(since != null, since == null ? null : ManagementJson.text(since), queue.underWay());
        return JobsHandler.ok().bodyValue(ManagementJson.of(status));
    }
}
