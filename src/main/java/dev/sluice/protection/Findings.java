package dev.sluice.protection;

import java.util.Map;
import java.util.function.Consumer;

/** What the nodes that share a journal tell each other about the backends. For any thread; never blocks. */
interface Findings {

    /** Shares a finding, in place of any other about the route. */
    void share(String route, Finding finding);

    /** Withdraws what any node has shared about a route. */
    void withdraw(String route);

    /** Begins to tell all findings by route, those of this node too, now and whenever they have changed. */
    void listen(Consumer<Map<String, Finding>> listener);
}
