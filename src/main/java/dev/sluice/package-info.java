/**
 * Sluice, a gateway that makes slow backends asynchronous and durable. The packages, read in order, are what happens to
 * a request: {@code ingress} takes it, {@code journal} makes it durable, {@code queue} takes on what this node has room
 * for, {@code dispatch} works it out through {@code backend}, {@code events} tells its readers. {@code job} and
 * {@code route} are the nouns that all of them share.
 */
@NullMarked
package dev.sluice;

import org.jspecify.annotations.NullMarked;
