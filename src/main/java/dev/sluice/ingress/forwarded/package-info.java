/** Where a request comes from, and which of its fields go beyond the gateway: what trusted proxies are believed, and what a backend is told of it. */
@NullMarked
package dev.sluice.ingress.forwarded;

import org.jspecify.annotations.NullMarked;
