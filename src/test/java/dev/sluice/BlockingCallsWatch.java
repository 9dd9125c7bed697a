package dev.sluice;

import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;
import reactor.blockhound.BlockHound;

/**
 * Turns BlockHound on in every process that runs tests, before the first one; found as a service. Not where tests are only
 * looked for, as the build does in its own process, which lacks the flag that BlockHound needs.
 */
public final class BlockingCallsWatch implements TestExecutionListener {

    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        BlockHound.install(); // again: does nothing
    }
}
