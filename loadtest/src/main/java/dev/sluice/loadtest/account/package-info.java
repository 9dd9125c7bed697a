/** What became of every single job. */
@NullMarked
package dev.sluice.loadtest.account;

import org.jspecify.annotations.NullMarked;
