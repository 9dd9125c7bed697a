package dev.sluice.planted.ingress.cellar;

/** In a room that the rule does not know. */
final class Unplaced {}
