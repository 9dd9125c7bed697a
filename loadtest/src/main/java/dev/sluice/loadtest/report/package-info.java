/** What a run leaves: a JSON file, a page with plots, a table. */
@NullMarked
package dev.sluice.loadtest.report;

import org.jspecify.annotations.NullMarked;
