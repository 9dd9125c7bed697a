/** What sends requests and reads events: a closed loop, an open loop, a client for jobs, wrk. */
@NullMarked
package dev.sluice.loadtest.load;

import org.jspecify.annotations.NullMarked;
