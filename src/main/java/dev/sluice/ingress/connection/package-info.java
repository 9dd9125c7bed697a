/** What guards the socket, below HTTP: how many connections and streams there may be, how slowly a peer may write and read, and which frames it may send. */
@NullMarked
package dev.sluice.ingress.connection;

import org.jspecify.annotations.NullMarked;
