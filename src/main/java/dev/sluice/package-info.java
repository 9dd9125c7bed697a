/**
 * Sluice, a gateway that makes slow backends asynchronous and durable. The packages, read in order, are what happens to
 * a request: {@code ingress} takes it, {@code journal} makes it durable, {@code queue} takes on what this node has room
 * for, {@code dispatch} works it out through {@code backend}, {@code events} tells its readers, and {@code callbacks} tells
 * receivers that it has ended. {@code protection} says how much a backend is given to do, {@code representation} how a job is
 * shown, {@code waiting} accounts for what clients have not taken yet; {@code management} serves operators and {@code reload}
 * applies changed routes. {@code job} and {@code route} are the nouns that all of them share; {@code http} is beneath them.
 */
@NullMarked
package dev.sluice;

import org.jspecify.annotations.NullMarked;
