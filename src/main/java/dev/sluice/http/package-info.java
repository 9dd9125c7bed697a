/** What HTTP says of messages that more than one package needs: names of fields and their usual values. */
@NullMarked
package dev.sluice.http;

import org.jspecify.annotations.NullMarked;
