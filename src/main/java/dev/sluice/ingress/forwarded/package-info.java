/** The origin of a request, as far as trusted proxies have recorded it, and the fields of messages that are forwarded. */
@NullMarked
package dev.sluice.ingress.forwarded;

import org.jspecify.annotations.NullMarked;
