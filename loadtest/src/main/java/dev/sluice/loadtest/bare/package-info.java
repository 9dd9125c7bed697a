/** Servers without a journal, to be compared with. */
@NullMarked
package dev.sluice.loadtest.bare;

import org.jspecify.annotations.NullMarked;
