/**
 * Guards of the socket, below HTTP: limits of connections and streams, of how slowly a peer may write and read, and of the frames
 * it may send. {@link dev.sluice.ingress.connection.ParkedConnection} is what is left of a connection on which events may come.
 */
@NullMarked
package dev.sluice.ingress.connection;

import org.jspecify.annotations.NullMarked;
