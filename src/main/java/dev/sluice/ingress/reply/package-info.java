/** How jobs, results and problems are sent. */
@NullMarked
package dev.sluice.ingress.reply;

import org.jspecify.annotations.NullMarked;
