package dev.sluice.planted.ingress;

import dev.sluice.planted.demo.LegalDemo;

/** The gateway that leans on the demo. */
public final class UsesDemo {
    LegalDemo demo;
}
