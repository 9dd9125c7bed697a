/**
 * HTTP for operators, on a listener of its own that nobody else reaches unless it is told to. Health with liveness and
 * readiness, metrics and information about the build are served by Spring Boot's actuator, to which this package binds the
 * gateway's keys and contributes what it cannot know. Lists of jobs, routes, the events of all jobs and redrives are its
 * own: {@link dev.sluice.management.ManagementRoutes} has every URL, and
 * {@link dev.sluice.management.ManagementListener} says why the public listener has none of them.
 */
@NullMarked
package dev.sluice.management;

import org.jspecify.annotations.NullMarked;
