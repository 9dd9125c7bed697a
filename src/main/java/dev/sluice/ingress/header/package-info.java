/** Header fields of requests: one small reader for each field, without I/O and without state. */
@NullMarked
package dev.sluice.ingress.header;

import org.jspecify.annotations.NullMarked;
