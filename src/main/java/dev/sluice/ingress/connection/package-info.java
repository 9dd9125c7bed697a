/**
 * Guards of the socket, below HTTP: limits of connections and streams, of how slowly a peer may write and read, and of the frames
 * it may send.
 */
@NullMarked
package dev.sluice.ingress.connection;

import org.jspecify.annotations.NullMarked;
