package dev.sluice.planted.demo;

import dev.sluice.planted.job.LegalNoun;

/** The demo that leans on the gateway. */
public final class UsesGateway {
    LegalNoun job;
}
