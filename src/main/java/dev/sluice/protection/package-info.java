/**
 * What protects the backend of a route. Each {@link dev.sluice.protection.Protection} limits, from what it knows, how many jobs
 * may be started at the moment, and whose; {@link dev.sluice.protection.Protections} is all of them together. The claimer asks
 * them before it claims, and tells them what it claimed; attempts tell them how their calls ended. A route in trouble never
 * limits another one.
 */
@NullMarked
package dev.sluice.protection;

import org.jspecify.annotations.NullMarked;
