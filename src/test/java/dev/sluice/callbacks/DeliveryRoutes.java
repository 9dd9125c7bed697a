package dev.sluice.callbacks;

import dev.sluice.route.Route;
import java.util.List;

/** The route of deliveries, for tests of what treats them. */
public final class DeliveryRoutes {

    private DeliveryRoutes() {}

    public static Route usual() {
        return DeliveryRoute.of(new CallbackProperties(List.of(), false, List.of(), null))
                .route();
    }

    public static Receivers receivers(String... allowed) {
        return new Receivers(List.of(allowed), false);
    }

    public static Signer signer() {
        return new Signer(List.of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    }
}
