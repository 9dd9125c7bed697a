/** What is measured while a run goes on: latencies, and a sample a second of everything else. */
@NullMarked
package dev.sluice.loadtest.measure;

import org.jspecify.annotations.NullMarked;
