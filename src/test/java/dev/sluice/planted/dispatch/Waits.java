package dev.sluice.planted.dispatch;

import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Does what no class of the gateway may do. */
public final class Waits {

    Function<Mono<String>, String> hidden = Mono::block;

    String blocks(Flux<String> names) {
        return names.blockLast();
    }

    void sleeps() throws InterruptedException {
        Thread.sleep(1);
    }

    void prints() {
        System.out.println("here I am");
    }
}
