/** What a run needs: the gateway, its backend and its database as processes, free ports, and what /proc says of them. */
@NullMarked
package dev.sluice.loadtest.rig;

import org.jspecify.annotations.NullMarked;
