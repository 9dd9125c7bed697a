package dev.sluice;

import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Set;
import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * What BlockHound does not know by itself: the calls that wait for a disk. Found as a service by every test run.
 *
 * <p>RocksDB's Java methods all end in a native one, so those are marked: every overload, also ones added later.
 */
public final class BlockingCalls implements BlockHoundIntegration {

    /** Native methods that only read memory of their own or give it back. */
    private static final Set<String> HARMLESS = Set.of(
            "version",
            "getName",
            "getEnv",
            "getDefaultColumnFamily",
            "getLatestSequenceNumber",
            "numberLevels",
            "maxMemCompactionLevel",
            "level0StopWriteTrigger",
            "setPerfLevel",
            "getPerfLevelNative",
            "getPerfContextNative",
            "isValid0Jni",
            "status0Jni");

    @Override
    public void applyTo(BlockHound.Builder builder) {
        for (String type : new String[] {"RocksDB", "RocksIterator", "ColumnFamilyHandle", "Checkpoint"}) {
            markNativeMethods(builder, "org.rocksdb." + type);
        }
        builder.markAsBlocking("sun.nio.ch.FileChannelImpl", "force", "(Z)V")
                .markAsBlocking("sun.nio.ch.FileChannelImpl", "read", "(Ljava/nio/ByteBuffer;)I")
                .markAsBlocking("sun.nio.ch.FileChannelImpl", "read", "(Ljava/nio/ByteBuffer;J)I")
                .markAsBlocking("sun.nio.ch.FileChannelImpl", "write", "(Ljava/nio/ByteBuffer;)I")
                .markAsBlocking("sun.nio.ch.FileChannelImpl", "write", "(Ljava/nio/ByteBuffer;J)I")
                // Reads the kernel's random numbers, which it never waits for once the machine is up.
                .allowBlockingCallsInside("java.util.UUID", "randomUUID")
                .allowBlockingCallsInside("com.ongres.scram.common.ScramFunctions", "nonce")
                // Netty's own: a short lock while several threads find their place in the pool of buffers.
                .allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator", "allocate")
                // The JDK's own: while an executor is shut down, a worker waits for the moment in which it is looked
                // at. An error there would end the worker and lose its task, which for a tail is its completion.
                .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor$Worker", "lock")
                // The lock of a scheduler's queue, for the moment in which it is changed. Who is thrown out of the wait
                // for it
                // stays in its line, and the lock is never passed on: nothing that is due on that thread happens any
                // more, in
                // this test and all that follow in the process. Reactor allows this for single tasks, not for periodic
                // ones.
                .allowBlockingCallsInside("java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue", "remove")
                .allowBlockingCallsInside("java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue", "size");
    }

    private static void markNativeMethods(BlockHound.Builder builder, String type) {
        for (Method method : load(type).getDeclaredMethods()) {
            if (Modifier.isNative(method.getModifiers()) && !HARMLESS.contains(method.getName())) {
                String signature = MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                        .toMethodDescriptorString();
                builder.markAsBlocking(type, method.getName(), signature);
            }
        }
    }

    /** Loads without initializing, which would extract and link the native library in every test run. */
    private static Class<?> load(String type) {
        try {
            return Class.forName(type, false, BlockingCalls.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(type + " is not on the class path of the tests", e);
        }
    }
}
