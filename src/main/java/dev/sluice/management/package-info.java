/**
 * HTTP for operators, on a listener of its own that nobody else reaches unless it is told to: health with liveness and
 * readiness, metrics, information about the build. Spring Boot's actuator serves it; this package binds the gateway's keys
 * to it and contributes what the actuator cannot know.
 */
@NullMarked
package dev.sluice.management;

import org.jspecify.annotations.NullMarked;
