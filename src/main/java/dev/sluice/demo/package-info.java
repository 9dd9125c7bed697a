/**
 * A slow backend for trying out the gateway: part of the quick start, under the Spring profile {@code demo}, and of the load
 * scripts, by its own {@code main}. It listens on loopback only, and the query of a request controls the response.
 */
@NullMarked
package dev.sluice.demo;

import org.jspecify.annotations.NullMarked;
