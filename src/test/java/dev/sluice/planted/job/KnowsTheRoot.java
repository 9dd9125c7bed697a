package dev.sluice.planted.job;

import dev.sluice.planted.Stray;

/** A level that knows the root package. */
public final class KnowsTheRoot {
    Stray[] application;
}
