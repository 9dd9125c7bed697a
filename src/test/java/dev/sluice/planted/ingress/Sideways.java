package dev.sluice.planted.ingress;

import dev.sluice.planted.dispatch.LegalDispatcher;

/** Level 3 that knows level 3. */
public final class Sideways {
    LegalDispatcher dispatcher;
}
