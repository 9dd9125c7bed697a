/**
 * HTTP for operators, on a listener of its own, bound to loopback by default. Spring Boot's actuator serves health, metrics
 * and build information; this package binds its address and port to the gateway's keys and contributes health indicators.
 * The gateway's own resources are lists of jobs and routes, the events of all jobs and redrives: {@link
 * dev.sluice.management.ManagementRoutes} has all URLs, and {@link dev.sluice.management.ManagementListener} explains why
 * the public listener has none of them.
 */
@NullMarked
package dev.sluice.management;

import org.jspecify.annotations.NullMarked;
