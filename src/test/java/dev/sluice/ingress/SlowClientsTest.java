package dev.sluice.ingress;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;
import reactor.test.StepVerifier;

class SlowClientsTest {

    private static final Duration ALMOST = SlowClients.LONGEST.minusSeconds(1);
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Test
    void aClientThatTakesNothingIsGivenUp() {
        StepVerifier.withVirtualTime(() -> SlowClients.cut(Mono.never()))
                .expectSubscription()
                .expectNoEvent(ALMOST)
                .thenAwait(Duration.ofSeconds(1))
                .expectError(AbortedException.class)
                .verify(LIMIT);
    }

    @Test
    void aSlowOneIsNot() {
        StepVerifier.withVirtualTime(() -> SlowClients.cut(Mono.delay(ALMOST).then()))
                .expectSubscription()
                .expectNoEvent(ALMOST)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void oneThatLeavesMeanwhileIsNothingToComplainAbout() {
        StepVerifier.create(SlowClients.cut(Mono.error(new AbortedException("the client has left"))))
                .expectSubscription()
                .thenCancel()
                .verifyThenAssertThat(LIMIT)
                .hasNotDroppedErrors();
    }
}
