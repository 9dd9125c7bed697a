package dev.sluice.planted.helpers;

/** In a package that nobody gave a level. */
public final class Homeless {}
