/**
 * What HTTP says of messages that more than one package needs: names of fields and their usual values, the fields that are not
 * forwarded, dates, media types. Plain functions; no package is below this one.
 */
@NullMarked
package dev.sluice.http;

import org.jspecify.annotations.NullMarked;
