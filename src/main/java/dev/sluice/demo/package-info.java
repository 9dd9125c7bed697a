/**
 * A slow backend to try the gateway with: part of the quick start (only under the Spring profile {@code demo}) and of the
 * load scripts (alone, by its own {@code main}). It listens on loopback only and does what a request's query asks for.
 */
@NullMarked
package dev.sluice.demo;

import org.jspecify.annotations.NullMarked;
